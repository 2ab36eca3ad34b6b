internal import AnalyticsHandlers

/// The dashboard's page and its files, and how a browser gets to see them.
///
/// The printed link carries the token once: the answer moves it into a cookie that scripts cannot read and other sites
/// cannot send, and the address no longer has it.
struct DashboardPages: Sendable {
    static let path = "/copilot-analytics"

    let token: AdminToken

    private static let stylesheets = ["dashboard.css": PackageResources.dashboard_css]
    private static let scripts: [String: [UInt8]] = [
        "api.js": PackageResources.api_js,
        "cards.js": PackageResources.cards_js,
        "cells.js": PackageResources.cells_js,
        "columns.js": PackageResources.columns_js,
        "controls.js": PackageResources.controls_js,
        "dashboard.js": PackageResources.dashboard_js,
        "days.js": PackageResources.days_js,
        "dom.js": PackageResources.dom_js,
        "figures.js": PackageResources.figures_js,
        "format.js": PackageResources.format_js,
        "loading.js": PackageResources.loading_js,
        "snippet.js": PackageResources.snippet_js,
        "state.js": PackageResources.state_js,
        "tables.js": PackageResources.tables_js,
        "times.js": PackageResources.times_js,
    ]

    /// - Returns: `nil` when the path is none of a page's.
    func respond(to request: Request) async -> Response? {
        guard request.method == "GET" || request.method == "HEAD" else { return nil }
        switch request.path {
        case "/": return redirect()
        case "/favicon.ico": return Response(status: 204)
        case DashboardPages.path, DashboardPages.path + "/": return await page(request)
        default: break
        }
        guard request.path.hasPrefix(DashboardPages.path + "/") else { return nil }
        let name = String(request.path.dropFirst(DashboardPages.path.count + 1))
        if let bytes = DashboardPages.scripts[name] {
            return answer(200, type: "text/javascript; charset=utf-8", bytes)
        }
        if let bytes = DashboardPages.stylesheets[name] {
            return answer(200, type: "text/css; charset=utf-8", bytes)
        }
        return nil
    }

    private func page(_ request: Request) async -> Response {
        if let candidate = request.parameter("token") {
            guard token.accepts(candidate) else { return unauthorized() }
            var response = redirect()
            let cookie = "\(token.cookieName)=\(candidate); Path=/; HttpOnly; SameSite=Strict"
            response.headers.append((name: "set-cookie", value: cookie))
            return response
        }
        guard let principal = try? await token.principal(of: request), principal.role == .admin else {
            return unauthorized()
        }
        return answer(200, type: "text/html; charset=utf-8", PackageResources.index_html)
    }

    private func unauthorized() -> Response {
        answer(401, type: "text/html; charset=utf-8", PackageResources.unauthorized_html)
    }

    private func redirect() -> Response {
        Response(status: 303, headers: [(name: "location", value: DashboardPages.path)] + DashboardPages.security)
    }

    private func answer(_ status: Int, type: String, _ bytes: [UInt8]) -> Response {
        let headers = [(name: "content-type", value: type), (name: "cache-control", value: "no-cache")]
        return Response(status: status, headers: headers + DashboardPages.security, body: .bytes(bytes))
    }

    /// Nothing from elsewhere runs in the page, nothing puts the page into a frame, and its address goes nowhere.
    private static let security = [
        (
            name: "content-security-policy",
            value: "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
        ),
        (name: "x-content-type-options", value: "nosniff"),
        (name: "referrer-policy", value: "no-referrer"),
    ]
}

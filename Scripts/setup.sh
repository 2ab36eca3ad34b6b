#!/usr/bin/env bash
# Installs what building, running or testing needs and this machine does not have yet. Nothing is installed twice, and
# nothing is printed when nothing is missing.
#
#     Scripts/setup.sh run     what `make run` needs
#     Scripts/setup.sh test    the same, and what `make test` needs besides
#     Scripts/setup.sh lambda  the same as for run, and what `make lambda` needs besides
#     Scripts/setup.sh bench   what `make bench` needs
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

run_packages=(
    libcurl4-openssl-dev libssl-dev libsqlite3-dev zlib1g-dev pkg-config tzdata ca-certificates
)
test_packages=(python3 python3-venv curl openssl)
lambda_packages=(binutils zip)
bench_packages=(python3 python3-venv openssl util-linux sqlite3)
# AWS's emulator of the Lambda Runtime API is part of this package, and of nothing smaller.
emulator_package=aws-sam-cli==1.170.0
log=

say() { printf 'setup: %s\n' "$*" >&2; }
fail() {
    say "$*"
    exit 1
}
clean_up() { [ -z "$log" ] || rm -f "$log"; }
trap clean_up EXIT

# Runs a command that is silent unless it fails; then its last lines are shown.
quietly() {
    if ! "$@" >"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2
        return 1
    fi
}

# Debian packages the browser; Ubuntu's package of that name only installs a snap, which is not ours to force on anyone.
check_browser() {
    local browser
    for browser in chromium google-chrome google-chrome-stable /snap/bin/chromium; do
        if command -v "$browser" >/dev/null 2>&1; then return; fi
    done
    if grep -qE '^ID(_LIKE)?=.*ubuntu' /etc/os-release 2>/dev/null; then
        say "page tests need Chromium or Google Chrome, which Ubuntu does not package; install one of them for these"
    else
        test_packages+=(chromium)
    fi
}

# The packages among its arguments that are not installed.
missing_packages() {
    local installed package
    # The status is not zero as soon as one package is unknown, which is no failure here.
    installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true)
    for package in "$@"; do
        if ! grep -qxF "$package installed" <<<"$installed"; then printf '%s\n' "$package"; fi
    done
}

install_packages() {
    local missing=("$@") as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        # Without a terminal, sudo could only wait for a password that nobody types.
        if command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
            as_root=(sudo)
        else
            fail "packages are missing; run as root:" \
                "apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
        fi
    fi
    as_root+=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120)
    say "installing ${missing[*]}"
    # A broken list of some other package must not stop these: whether they can be had, the installation tells.
    quietly "${as_root[@]}" update || say "apt-get update failed; trying with the lists at hand"
    quietly "${as_root[@]}" install -y --no-install-recommends "${missing[@]}" ||
        fail "could not install ${missing[*]} (the last lines of apt-get are above)"
}

# A virtual environment with exactly the pinned packages; a stamp, written last, says for which pins it was made.
#
#     prepare_python <folder> <requirements> <a module that must be there>
prepare_python() {
    local folder=$1 requirements=$2 module=$3 stamp=$1/requirements.sha256 wanted
    # A second run beside this one waits here and then finds the work done. Closed with the script.
    exec 9<"$requirements"
    flock 9
    wanted=$(sha256sum "$requirements")
    # The interpreter is asked too: one that was upgraded or removed leaves an environment that cannot work.
    if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && "$folder/bin/python" -c "import $module" 2>/dev/null; then
        return
    fi
    say "preparing the Python packages of $requirements in $folder"
    rm -rf "$folder"
    quietly /usr/bin/python3 -m venv "$folder" || fail "could not create $folder (the reason is above)"
    quietly "$folder/bin/python" -m pip install --disable-pip-version-check --no-input -r "$requirements" ||
        fail "could not install $requirements (the last lines of pip are above)"
    printf '%s\n' "$wanted" >"$stamp"
}

# Takes the emulator alone out of its package, without the hundred others that it depends on.
prepare_emulator() {
    local program=$1/bin/aws-lambda-rie architecture folder
    [ -x "$program" ] && return
    case "$(uname -m)" in
    x86_64) architecture=x86_64 ;;
    aarch64 | arm64) architecture=arm64 ;;
    *) fail "there is no aws-lambda-rie for $(uname -m)" ;;
    esac
    say "taking aws-lambda-rie out of $emulator_package"
    folder=$(mktemp -d)
    quietly "$1/bin/python" -m pip download --disable-pip-version-check --no-input --no-deps -d "$folder" \
        "$emulator_package" || fail "could not download $emulator_package (the last lines of pip are above)"
    "$1/bin/python" - "$folder" "samcli/local/rapid/aws-lambda-rie-$architecture" "$program" <<'PYTHON'
import os, pathlib, sys, zipfile
folder, member, program = sys.argv[1:]
[wheel] = pathlib.Path(folder).glob("*.whl")
content = zipfile.ZipFile(wheel).read(member)
# Renamed into place: a run beside this one finds all of it or nothing.
pathlib.Path(program + ".new").write_bytes(content)
os.chmod(program + ".new", 0o755)
os.replace(program + ".new", program)
PYTHON
    rm -rf "$folder"
}

what=${1:-run}
case "$what" in
run | test | lambda | bench) ;;
*)
    say "usage: Scripts/setup.sh [run|test|lambda|bench]"
    exit 2
    ;;
esac

command -v swift >/dev/null 2>&1 || fail "no swift on the PATH: install Swift 6.3, see https://www.swift.org/install"
packages=("${run_packages[@]}")
if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
    fail "this script knows Debian and Ubuntu only; install libcurl, OpenSSL 3 and SQLite 3 with their headers, and" \
        "pkg-config, yourself, then: make SKIP_SETUP=1 $what"
fi
log=$(mktemp)
case "$what" in
test)
    check_browser
    packages+=("${test_packages[@]}")
    ;;
lambda) packages+=("${lambda_packages[@]}") ;;
bench) packages+=("${lambda_packages[@]}" "${bench_packages[@]}") ;;
esac
mapfile -t missing < <(missing_packages "${packages[@]}")
if [ ${#missing[@]} -gt 0 ]; then install_packages "${missing[@]}"; fi
case "$what" in
test)
    prepare_python .venv Scripts/requirements-test.txt boto3
    prepare_emulator .venv
    ;;
bench)
    # The server that is measured against is that of the tests.
    prepare_python .venv Scripts/requirements-test.txt boto3
    prepare_python .venv-bench Scripts/requirements-bench.txt aiobotocore
    ;;
esac

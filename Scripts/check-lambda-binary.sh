#!/usr/bin/env bash
# Holds a built Lambda function to what Amazon Linux 2023 (`provided.al2023`) has and allows: shared libraries, versions of
# symbols, size, and what must not be linked. Exit status 1 and a line for each fault.
#
#     Scripts/check-lambda-binary.sh .build/lambda/bootstrap
set -euo pipefail

binary=${1:?usage: Scripts/check-lambda-binary.sh <binary>}
largest=40000000
newest_glibc=2.34
# GCC 11's.
newest_glibcxx=3.4.29
newest_cxxabi=1.3.13
newest_gcc=12.0.0
newest_openssl=3.0.8
libraries=(
    libcurl.so.4 libcrypto.so.3 libssl.so.3 libz.so.1 libc.so.6 libm.so.6 libstdc++.so.6 libgcc_s.so.1
    ld-linux-x86-64.so.2 ld-linux-aarch64.so.1
)
status=0

fault() {
    printf 'fault: %s\n' "$*"
    status=1
}

# Whether the first version is at most the second.
at_most() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | tail -n 1)" = "$2" ]; }

size=$(stat -c %s "$binary")
[ "$size" -le "$largest" ] || fault "$size bytes, more than $largest"

while read -r library; do
    [[ " ${libraries[*]} " == *" $library "* ]] || fault "$library is not in Amazon Linux 2023"
done < <(readelf -d "$binary" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')

while read -r version; do
    name=${version%%_[0-9]*}
    number=${version##*_}
    case "$name" in
    GLIBC) at_most "$number" "$newest_glibc" || fault "needs $version; Amazon Linux 2023 has glibc $newest_glibc" ;;
    GLIBCXX) at_most "$number" "$newest_glibcxx" || fault "needs $version, newer than GCC 11's $newest_glibcxx" ;;
    CXXABI) at_most "$number" "$newest_cxxabi" || fault "needs $version, newer than GCC 11's $newest_cxxabi" ;;
    GCC) at_most "$number" "$newest_gcc" || fault "needs $version, newer than $newest_gcc" ;;
    OPENSSL) at_most "$number" "$newest_openssl" || fault "needs $version, newer than $newest_openssl" ;;
    CURL_OPENSSL)
        printf 'note: linked with a libcurl whose symbols have versions (%s): where they have none, the loader says so %s\n' \
            "$version" "in the log at each start, and goes on"
        ;;
    ZLIB) ;;
    *) fault "needs $version, of which nothing is known here" ;;
    esac
done < <(readelf -V "$binary" | sed -n 's/.*Name: \([A-Za-z_]*_[0-9][0-9.]*\) .*/\1/p' | sort -u)

# Mangled names of modules, as metadata has them even when symbols are stripped.
for module in 11Hummingbird 4GRDB 7NIOCore 8NIOPosix 6JWTKit; do
    if grep -qaF "\$s$module" "$binary"; then fault "links ${module#"${module%%[!0-9]*}"}"; fi
done
if grep -qaE 'icudt[0-9]+' "$binary"; then fault "links ICU, and so Foundation as a whole"; fi

if [ "$status" -eq 0 ]; then
    glibc=$(readelf -V "$binary" | grep -o 'GLIBC_[0-9.]*' | sort -Vu | tail -n 1)
    printf '%s: %s bytes, %s at most; asks for nothing that Amazon Linux 2023 does not have\n' "$binary" "$size" "$glibc"
fi
exit "$status"

"""Certificates for servers on 127.0.0.1, good and bad, made anew for every run: one that is committed expires one day.

Made by the `openssl` program, in spellings that all of its versions from 1.1.1 on have.
"""

import os
import subprocess
from typing import NamedTuple

NAMES = "IP:127.0.0.1,DNS:localhost"

CONFIGURATION = """
[ca]
default_ca = ours
[ours]
database = {folder}/index
new_certs_dir = {folder}
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
"""


class Certificates(NamedTuple):
    # What a client has to trust.
    ca_file: str
    # By what is right or wrong with it: the files of certificate and key.
    servers: dict


def make(folder):
    configuration = os.path.join(folder, "openssl.cnf")
    with open(configuration, "w", encoding="utf-8") as file:
        file.write(CONFIGURATION.format(folder=folder))
    open(os.path.join(folder, "index"), "w", encoding="utf-8").close()

    def path(name):
        return os.path.join(folder, name)

    def openssl(*arguments):
        # Not the machine's own configuration, which may ask for anything.
        environment = {**os.environ, "OPENSSL_CONF": configuration}
        done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, env=environment, check=False)
        if done.returncode != 0:
            raise SystemExit(f"openssl {arguments[0]} failed: {done.stderr.strip()}")

    def new_key(name):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", path(f"{name}.key")]

    def authority(name):
        openssl("req", "-x509", *new_key(name), "-out", path(f"{name}.pem"), "-days", "2", "-subj", f"/CN=Test {name}",
                "-extensions", "authority", "-config", configuration)

    def server(name, issuer, names=NAMES, dates=("-days", "2")):
        openssl("req", *new_key(name), "-out", path(f"{name}.csr"), "-subj", f"/CN={name}", "-config", configuration)
        with open(path(f"{name}.ext"), "w", encoding="utf-8") as file:
            file.write(f"subjectAltName = {names}\nextendedKeyUsage = serverAuth\n")
        openssl("ca", "-batch", "-notext", "-config", configuration, "-cert", path(f"{issuer}.pem"), "-keyfile",
                path(f"{issuer}.key"), "-in", path(f"{name}.csr"), "-out", path(f"{name}.pem"), "-extfile",
                path(f"{name}.ext"), *dates)

    authority("authority")
    authority("stranger")
    server("good", "authority")
    server("wrongName", "authority", names="DNS:elsewhere.example")
    server("expired", "authority", dates=("-startdate", "20200101000000Z", "-enddate", "20200201000000Z"))
    server("unknownCA", "stranger")
    openssl("req", "-x509", *new_key("selfSigned"), "-out", path("selfSigned.pem"), "-days", "2", "-subj",
            "/CN=selfSigned", "-addext", f"subjectAltName = {NAMES}", "-config", configuration)
    names = ["good", "wrongName", "expired", "unknownCA", "selfSigned"]
    return Certificates(path("authority.pem"), {name: (path(f"{name}.pem"), path(f"{name}.key")) for name in names})

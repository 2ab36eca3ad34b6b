#!/usr/bin/env python3
"""An identity provider of the tests: JSON Web Tokens, good and bad, made by software that is none of ours (PyJWT).

    .venv/bin/python Tests/Support/jwt_issuer.py [--now SECONDS]

prints {"now":…,"issuer":…,"audience":…,"jwks":{…},"good":{name:token},"bad":{name:token}}. Every token would be good at
`now` but for what its name says. The keys are made anew each time; the private ones are never printed.

    .venv/bin/python Tests/Support/jwt_issuer.py --now 1790844967 > Tests/JWTAccessTests/vectors.json
"""

import argparse
import base64
import hashlib
import hmac
import json
import time

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

ISSUER = "https://id.example.com/"
AUDIENCE = "copilot-analytics"


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def by_hand(header, claims, sign):
    """A token that no library would make."""
    text = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
    return f"{text}.{encoded(sign(text.encode()))}"


def public_jwk(algorithm, key, **members):
    return json.loads(algorithm.to_jwk(key.public_key())) | members


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--now", type=int, default=int(time.time()))
    now = parser.parse_args().now

    rsa_key, stranger, for_encryption = (rsa.generate_private_key(65537, 2048) for _ in range(3))
    ec_key, other_curve = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP384R1())
    ed_key = ed25519.Ed25519PrivateKey.generate()
    secret = b"a shared secret of thirty-two bytes"
    jwks = {"keys": [
        public_jwk(RSAAlgorithm, rsa_key, kid="rsa", use="sig", alg="RS256"),
        public_jwk(RSAAlgorithm, rsa_key, kid="any"),
        public_jwk(ECAlgorithm, ec_key, kid="ec", use="sig"),
        public_jwk(ECAlgorithm, other_curve, kid="p384"),
        public_jwk(OKPAlgorithm, ed_key, kid="ed"),
        public_jwk(RSAAlgorithm, for_encryption, kid="encryption", use="enc", alg="RSA-OAEP"),
        {"kty": "oct", "kid": "secret", "k": encoded(secret)},
        {"kty": "something new", "kid": "unknown type"},
        "no key",
    ]}

    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "exp": now + 600, "iat": now}

    def token(key=rsa_key, algorithm="RS256", kid="rsa", headers=None, without=(), **changes):
        payload = {name: value for name, value in (claims | changes).items() if name not in without}
        headers = ({"kid": kid} if kid else {}) | (headers or {})
        return jwt.PyJWS().encode(json.dumps(payload).encode(), key, algorithm=algorithm, headers=headers)

    good = {
        "RS256": token(),
        "PS256 by a key for any": token(algorithm="PS256", kid="any"),
        "RS256 by a key for any": token(kid="any"),
        "ES256": token(ec_key, "ES256", "ec"),
        "EdDSA": token(ed_key, "EdDSA", "ed"),
        "several audiences": token(aud=["other", AUDIENCE]),
        "expired within the leeway": token(exp=now - 10),
        "not before within the leeway": token(nbf=now + 10),
        "fractions of seconds": token(exp=now + 0.5, iat=now - 0.5),
        "administrator": token(groups=["staff", "analytics-admins"]),
        "administrator by one value": token(groups="analytics-admins"),
        "almost an administrator": token(groups=["analytics-admins-of-old"]),
    }

    header, payload, signature = good["RS256"].split(".")
    pem = rsa_key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    der = rsa_key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    admin = encoded(json.dumps(claims | {"groups": ["analytics-admins"]}).encode())
    flipped = bytearray(base64.urlsafe_b64decode(signature + "=="))
    flipped[0] ^= 1

    def mac(key):
        return lambda text: hmac.new(key, text, hashlib.sha256).digest()

    bad = {
        "expired": token(exp=now - 31),
        "expires now, but for the leeway": token(exp=now - 30),
        "not yet valid": token(nbf=now + 31),
        "issued in the future": token(iat=now + 3600),
        "no expiry": token(without=["exp"]),
        "expiry as text": token(exp=str(now + 600)),
        "expiry beyond numbers": by_hand({"alg": "RS256", "kid": "rsa"}, claims | {"exp": 10**400}, lambda _: b"x"),
        "wrong issuer": token(iss="https://id.example.org/"),
        "issuer without its slash": token(iss=ISSUER.rstrip("/")),
        "no issuer": token(without=["iss"]),
        "wrong audience": token(aud="another-service"),
        "audience by a part": token(aud=AUDIENCE + "-test"),
        "no audience": token(without=["aud"]),
        "empty audience": token(aud=[]),
        "alg none": by_hand({"alg": "none", "kid": "rsa"}, claims, lambda _: b""),
        "alg None with a signature": by_hand({"alg": "None", "kid": "rsa"}, claims, lambda _: b"x"),
        "no alg": by_hand({"kid": "rsa"}, claims, lambda _: b"x"),
        "HS256 with the RSA public key as PEM": by_hand({"alg": "HS256", "kid": "rsa"}, claims, mac(pem)),
        "HS256 with the RSA public key as DER": by_hand({"alg": "HS256", "kid": "rsa"}, claims, mac(der)),
        "HS256 with a secret of the set": by_hand({"alg": "HS256", "kid": "secret"}, claims, mac(secret)),
        "unknown kid": token(kid="rsa-2"),
        "no kid": token(kid=None),
        "signed by a stranger": token(stranger),
        "with the stranger's key inside": token(
            stranger, headers={"jwk": public_jwk(RSAAlgorithm, stranger, kid="rsa")}),
        "kid of another key": token(ec_key, "ES256", "rsa"),
        "algorithm that is not the key's": token(algorithm="PS256"),
        "algorithm that is not allowed": token(algorithm="RS512", kid="any"),
        "curve that is not the algorithm's": by_hand({"alg": "ES256", "kid": "p384"}, claims, lambda _: b"x" * 64),
        "ES256 with a signature of zeros": by_hand({"alg": "ES256", "kid": "ec"}, claims, lambda _: bytes(64)),
        "key for encryption": token(for_encryption, kid="encryption"),
        "critical extension": token(headers={"crit": ["exp"]}),
        "tampered signature": f"{header}.{payload}.{encoded(bytes(flipped))}",
        "tampered claims": f"{header}.{admin}.{signature}",
        "no signature": f"{header}.{payload}.",
        "two parts": f"{header}.{payload}",
        "four parts": f"{header}.{payload}.{signature}.{signature}",
        "padding": f"{header}.{payload}.{signature}==",
        "claims that are no object": f"{header}.{encoded(b'[]')}.{signature}",
        "header that is no JSON": f"{encoded(b'{')}.{payload}.{signature}",
        "nobody's": token(without=["sub"]),
        "a number's": token(sub=7),
        "no token": "Bearer",
    }
    print(json.dumps(
        {"now": now, "issuer": ISSUER, "audience": AUDIENCE, "jwks": jwks, "good": good, "bad": bad}, indent=1))


if __name__ == "__main__":
    main()

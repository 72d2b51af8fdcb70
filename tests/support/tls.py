"""Certificates made with openssl, and handshakes that tell which certificate a server shows."""
import base64
import hashlib
import pathlib
import socket
import ssl
import subprocess


def certificate(folder, names="stipend.test *.stipend.test localhost", days=2, serial=1):
    """A key that only its owner reads, and a certificate for these names."""
    folder = pathlib.Path(folder)
    paths = folder / "cert.pem", folder / "key.pem"
    alternative = ",".join(f"DNS:{name}" for name in names.split())
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", str(days), "-set_serial",
                    str(serial), "-subj", f"/CN={names.split()[0]}", "-addext", f"subjectAltName={alternative}", "-out", paths[0], "-keyout", paths[1]],
                   check=True, capture_output=True)
    paths[1].chmod(0o600)
    return paths


def settings(cert, key, name="stipend.test"):
    return f'[server]\nname = "{name}"\ntls_certificate = "{cert}"\ntls_key = "{key}"\n'


def connect(port, name="stipend.test"):
    """A TLS connection that trusts anybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port), 5), server_hostname=name)


def shown(port):
    """The PEM certificate that a new handshake shows."""
    with connect(port) as connection:
        return ssl.DER_cert_to_PEM_cert(connection.getpeercert(binary_form=True))


def serial(port):
    pem = shown(port)
    done = subprocess.run(["openssl", "x509", "-noout", "-serial"], input=pem, capture_output=True, text=True, check=True)
    return int(done.stdout.strip().removeprefix("serial="), 16)


def trusting(cert, name="stipend.test"):
    """Chromium's flags to trust this certificate as if its issuer were known, and to find the name here."""
    key = subprocess.run(["openssl", "x509", "-in", cert, "-noout", "-pubkey"], capture_output=True, check=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=key, capture_output=True, check=True).stdout
    return ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
            f"--host-resolver-rules=MAP {name} 127.0.0.1,MAP *.{name} 127.0.0.1",
            f"--ignore-certificate-errors-spki-list={base64.b64encode(hashlib.sha256(der).digest()).decode()}"]

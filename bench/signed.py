"""AWS requests as bytes, signed beforehand (Signature Version 4), so that the load client only sends them."""
import datetime
import hashlib
import hmac
from urllib.parse import urlencode


def ec2(account, port, action, variants=120, **parameters):
    """The same call so often, signed for as many seconds of the last minutes. account: (key id, secret)."""
    body = urlencode({"Action": action, "Version": "2016-11-15", **parameters}).encode()
    now = datetime.datetime.now(datetime.timezone.utc)
    return [_request(account, port, body, now - datetime.timedelta(seconds=i)) for i in range(variants)]


def _request(account, port, body, moment):
    key_id, secret = account
    date = moment.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{date[:8]}/us-east-1/ec2/aws4_request"
    headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8", "host": f"localhost:{port}", "x-amz-date": date}
    names = ";".join(headers)
    canonical = "\n".join(["POST", "/", "", *(f"{k}:{v}" for k, v in headers.items()), "", names, hashlib.sha256(body).hexdigest()])
    text = "\n".join(["AWS4-HMAC-SHA256", date, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + secret).encode()
    for word in [*scope.split("/"), text]:
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    headers |= {"content-length": len(body),
                "authorization": f"AWS4-HMAC-SHA256 Credential={key_id}/{scope}, SignedHeaders={names}, Signature={key.hex()}"}
    head = "".join(f"{k}: {v}\r\n" for k, v in headers.items())
    return f"POST / HTTP/1.1\r\n{head}\r\n".encode() + body

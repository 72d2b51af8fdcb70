#!/usr/bin/env python3
"""Writes requests.json, answers.json and signatures.json with an installed botocore as the other side.

The unit tests of src/aws read the files and need no botocore. Parameters and results are stored as the JSON
protocol would carry them (times in seconds, blobs in base64), whatever the vector's own protocol is.
"""
import base64
import datetime
import json
import pathlib
import urllib.parse

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.model
import botocore.parsers
import botocore.serialize

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
UTC = datetime.timezone.utc
TIME = datetime.datetime(2026, 1, 2, 3, 4, 5, 0, UTC)

REQUESTS = [
    ("ec2", "RunInstances", {
        "ImageId": "ami-0123456789abcdef0", "InstanceType": "t2.medium", "MinCount": 1, "MaxCount": 12,
        "KeyName": "a key", "SecurityGroupIds": ["sg-1", "sg-2"], "UserData": "IyEvYmluL3NoCg==", "DryRun": False,
        "ClientToken": "7ce0c0a1-1a2b", "DisableApiTermination": True, "EbsOptimized": False,
        "BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 8, "DeleteOnTermination": True}}],
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "Zoë & Co. <1+1=2>"},
                                                                    {"Key": "empty~*", "Value": ""}]}],
        "NetworkInterfaces": [{"DeviceIndex": 0, "Groups": ["sg-3"], "AssociatePublicIpAddress": True}],
        "IamInstanceProfile": {"Name": "notebook"}, "Monitoring": {"Enabled": True},
        "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2}}),
    ("ec2", "DescribeInstances", {
        "InstanceIds": [f"i-{n:017x}" for n in range(12)], "NextToken": "a/b+c=", "MaxResults": 5,
        "Filters": [{"Name": "tag:Name", "Values": ["", "x y"]}, {"Name": "instance-state-name",
                                                                  "Values": ["running"]}]}),
    ("ec2", "StopInstances", {"InstanceIds": ["i-1"], "Force": True}),
    ("ec2", "ImportKeyPair", {"KeyName": "k", "PublicKeyMaterial": b"ssh-ed25519 AAAA\xff"}),
    ("ec2", "CreateTags", {"Resources": ["i-1", "vol-2"], "Tags": [{"Key": "k", "Value": "v"}, {"Key": "only"}]}),
    ("ec2", "DescribeInstanceStatus", {"IncludeAllInstances": True}),
    ("ec2", "ModifyInstanceAttribute", {"InstanceId": "i-1", "DisableApiTermination": {"Value": False},
                                        "Groups": ["sg-1"], "UserData": {"Value": b"\x00\x01raw"}}),
    ("ec2", "DescribeRegions", {}),
    ("sts", "GetCallerIdentity", {}),
    ("sample", "Silent", {"Name": "x"}),
    ("sample", "Echo", {"Name": "abc", "Names": [], "Points": []}),
    ("sample", "Echo", {
        "Name": "a&b=c", "Count": 7, "Big": -9007199254740993, "Ratio": 0.25, "Enabled": True, "When": TIME,
        "Data": b"\x00\xfe", "Color": "green", "Names": ["a", "b"], "Numbers": [1, 2], "FlatNames": ["f", "g"],
        "FlatRenamed": ["h"], "Points": [{"X": 1}, {"X": 2, "Label": "ü"}], "Renamed": "r",
        "Nested": {"Point": {"X": 3}, "Deep": {"Texts": ["t"]}}, "Grid": [[1, 2], [3]]}),
]

EC2_XML = '<?xml version="1.0" encoding="UTF-8"?>\n<{op}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">' \
          '<requestId>59dbff89-35bd-4eac-99ed-be587EXAMPLE</requestId>{body}</{op}Response>'
ANSWERS = [
    ("ec2", "DescribeInstances", EC2_XML, """
<reservationSet><item><reservationId>r-1</reservationId><ownerId>123456789012</ownerId><groupSet/>
<instancesSet><item><instanceId>i-1</instanceId><imageId>ami-1</imageId><instanceState><code>16</code><name>running</name>
</instanceState><instanceType>t2.medium</instanceType><launchTime>2026-01-02T03:04:05.678Z</launchTime>
<placement><availabilityZone>us-east-1a</availabilityZone></placement><ebsOptimized>false</ebsOptimized>
<blockDeviceMapping><item><deviceName>/dev/sda1</deviceName><ebs><volumeId>vol-1</volumeId><status>attached</status>
<attachTime>2026-01-02T03:04:05.000Z</attachTime><deleteOnTermination>true</deleteOnTermination></ebs></item>
</blockDeviceMapping><groupSet><item><groupId>sg-1</groupId><groupName>default</groupName></item></groupSet>
<tagSet><item><key>Name</key><value>a &lt;b&gt; &amp; &quot;c&quot;</value></item></tagSet>
<cpuOptions><coreCount>2</coreCount><threadsPerCore>1</threadsPerCore></cpuOptions></item></instancesSet></item>
</reservationSet><nextToken>n</nextToken>"""),
    ("ec2", "DescribeInstances", EC2_XML, "<reservationSet/>"),
    ("ec2", "StopInstances", EC2_XML, """<instancesSet><item><instanceId>i-1</instanceId><currentState><code>64</code>
<name>stopping</name></currentState><previousState><code>16</code><name>running</name></previousState></item>
</instancesSet>"""),
    ("ec2", "CreateTags", EC2_XML, "<return>true</return>"),
    ("ec2", "DescribeInstanceTypes", EC2_XML, """<instanceTypeSet><item><instanceType>t2.medium</instanceType>
<vCpuInfo><defaultVCpus>2</defaultVCpus><validCores><item>1</item><item>2</item></validCores></vCpuInfo>
<processorInfo><sustainedClockSpeedInGhz>2.3</sustainedClockSpeedInGhz></processorInfo>
<memoryInfo><sizeInMiB>4096</sizeInMiB></memoryInfo></item></instanceTypeSet>"""),
    ("sts", "GetCallerIdentity", """<{op}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">{body}
<ResponseMetadata><RequestId>c6104cbe-af31-11e0</RequestId></ResponseMetadata></{op}Response>""",
     """<GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/ada</Arn><UserId>AIDAEXAMPLE</UserId>
<Account>123456789012</Account></GetCallerIdentityResult>"""),
    ("sample", "Echo", """<{op}Response xmlns="http://sample.amazonaws.com/doc/2020-02-02/">{body}<ResponseMetadata>
<RequestId>1</RequestId></ResponseMetadata></{op}Response>""",
     """<EchoResult><Name>abc</Name><Count>5</Count><Big>-9007199254740993</Big><Ratio>1e+300</Ratio>
<Enabled>true</Enabled><When>2026-01-02T03:04:05Z</When><Data>AP4=</Data><Color>red</Color>
<Names><member>a</member><member> b </member></Names><Numbers><number>1</number><number>2</number></Numbers>
<FlatNames>f</FlatNames><FlatNames>g</FlatNames><FlatItem>h</FlatItem>
<Points><member><X>1</X></member><member><X>2</X><Label>&#252;</Label></member></Points><wireName>r</wireName>
<Nested><Deep><Texts><member>t</member></Texts></Deep></Nested>
<Grid><member><number>1</number><number>2</number></member><member><number>3</number></member></Grid></EchoResult>"""),
]


def load(service):
    path = HERE / "sample.json" if service == "sample" else ROOT / "models" / f"{service}.json"
    ours = json.loads(path.read_text())
    operations = {}
    for name, facts in ours["operations"].items():
        operation = operations[name] = {"name": name, "http": {"method": "POST", "requestUri": "/"}}
        if "input" in facts:
            operation["input"] = {"shape": facts["input"]}
        if "output" in facts:
            operation["output"] = {"shape": facts["output"]}
            if "result_wrapper" in facts:
                operation["output"]["resultWrapper"] = facts["result_wrapper"]
    metadata = {"apiVersion": ours["api_version"], "endpointPrefix": service, "protocol": ours["protocols"][0],
                "jsonVersion": ours.get("json_version"), "targetPrefix": ours.get("target_prefix"),
                "serviceId": service, "signatureVersion": "v4", "xmlNamespace": ours["xml_namespace"]}
    model = botocore.model.ServiceModel({"metadata": metadata, "operations": operations, "shapes": ours["shapes"]})
    return model, ours["protocols"]


def plain(value, shape):
    """As the JSON protocol carries it."""
    if shape is not None and shape.type_name == "structure":
        return {shape.members[k].serialization.get("name", k) if shape.service_is_sample else k:
                plain(v, with_flag(shape.members[k], shape)) for k, v in value.items() if k in shape.members}
    if isinstance(value, list):
        return [plain(v, with_flag(shape.member, shape)) for v in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime.datetime):
        return round(value.timestamp(), 3)
    return value


def with_flag(shape, parent):
    shape.service_is_sample = parent.service_is_sample
    return shape


def flagged(shape, service):
    if shape is not None:
        shape.service_is_sample = service == "sample"
    return shape


def requests():
    for service, operation, params in REQUESTS:
        model, protocols = load(service)
        op = model.operation_model(operation)
        for protocol in protocols:
            wire = botocore.serialize.create_serializer(protocol, True).serialize_to_request(params, op)
            request = botocore.awsrequest.AWSRequest(method="POST", url="http://h/", data=wire["body"],
                                                     headers=wire["headers"]).prepare()
            body = request.body.decode() if isinstance(request.body, bytes) else request.body
            yield {"service": service, "operation": operation, "protocol": protocol,
                   "params": plain(params, flagged(op.input_shape, service)), "body": body}


def answers():
    for service, operation, envelope, body in ANSWERS:
        model, protocols = load(service)
        op = model.operation_model(operation)
        protocol = [p for p in protocols if p in ("ec2", "query")][0]
        text = envelope.format(op=operation, body=body)
        parsed = botocore.parsers.create_parser(protocol).parse(
            {"status_code": 200, "headers": {}, "body": text.encode()}, op.output_shape)
        parsed.pop("ResponseMetadata")
        yield {"service": service, "operation": operation, "protocol": protocol, "body": text,
               "result": plain(parsed, flagged(op.output_shape, service))}


def frozen_clock(auth):
    """The moment of the vectors, for every version of botocore's auth module."""
    class Frozen(datetime.datetime):
        @classmethod
        def utcnow(cls):
            return cls(2026, 1, 2, 3, 4, 5)

        @classmethod
        def now(cls, tz=None):
            return cls(2026, 1, 2, 3, 4, 5, tzinfo=tz)
    if hasattr(auth, "get_current_datetime"):
        auth.get_current_datetime = lambda remove_tzinfo=True: Frozen.utcnow() if remove_tzinfo else Frozen.now(UTC)
    if hasattr(auth, "datetime"):
        auth.datetime = type("m", (), {"datetime": Frozen, "timezone": datetime.timezone,
                                       "timedelta": datetime.timedelta})


SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
FORM = "application/x-www-form-urlencoded"
QUERY_BODY = "Action=DescribeInstances&Version=2016-11-15&Filter.1.Name=tag%3AName&Filter.1.Value.1=x+y"
SIGNED = [
    ("boto3 ec2", "ec2", "/", QUERY_BODY, {"Content-Type": FORM + "; charset=utf-8"}, None),
    ("aws-cli sts", "sts", "/", "Action=GetCallerIdentity&Version=2011-06-15",
     {"Content-Type": FORM + "; charset=utf-8"}, None),
    ("boto3 json", "budgets", "/", "{}", {"Content-Type": "application/x-amz-json-1.1",
                                          "X-Amz-Target": "AWSBudgetServiceGateway.DescribeBudgets"}, None),
    ("Go v2 (Terraform)", "ec2", "/", QUERY_BODY,
     {"Content-Type": FORM, "Content-Length": str(len(QUERY_BODY)), "amz-sdk-invocation-id": "4a5b",
      "amz-sdk-request": "attempt=1; max=25"}, None),
    ("Go v1 (Packer)", "ec2", "/", QUERY_BODY,
     {"Content-Type": FORM, "Content-Length": str(len(QUERY_BODY))}, None),
    ("JS v3 with session token", "ec2", "/", QUERY_BODY,
     {"Content-Type": FORM, "Content-Length": str(len(QUERY_BODY)), "amz-sdk-invocation-id": "7",
      "amz-sdk-request": "attempt=1; max=3", "x-amz-user-agent": "aws-sdk-js/3.1169.0   ua/2.1",
      "x-amz-content-sha256": "BODY"}, "IQoJb3JpZ2luX2VjEXAMPLE//token=="),
    ("path and query", "ec2", "/service/a%20b/op?b=2&a=1&a=&c=%C3%BC+x~*", "", {}, None),
]


def signatures():
    import hashlib

    frozen_clock(botocore.auth)
    for name, service, target, body, headers, token in SIGNED:
        headers = {k: hashlib.sha256(body.encode()).hexdigest() if v == "BODY" else v for k, v in headers.items()}
        path, _, query = target.partition("?")
        request = botocore.awsrequest.AWSRequest(method="POST", url=f"http://127.0.0.1:5600{path}", data=body.encode(),
                                                 headers={**headers, "Host": "127.0.0.1:5600"},
                                                 params=urllib.parse.parse_qsl(query, keep_blank_values=True))
        credentials = botocore.credentials.Credentials("AKIAEXAMPLE", SECRET, token)
        botocore.auth.SigV4Auth(credentials, service, "us-east-1").add_auth(request)
        sent = request.prepare()
        parts = urllib.parse.urlsplit(sent.url)
        text = {k: v.decode() if isinstance(v, bytes) else v for k, v in sent.headers.items()}
        if "Content-Length" not in headers:
            text.pop("Content-Length", None)
        yield {"name": name, "service": service, "method": "POST",
               "target": parts.path + ("?" + parts.query if parts.query else ""), "headers": text, "body": body,
               "session_token": token or ""}
    for token in (None, "tok/en=="):
        request = botocore.awsrequest.AWSRequest(
            method="GET", url="http://127.0.0.1:5600/?Action=GetCallerIdentity&Version=2011-06-15")
        credentials = botocore.credentials.Credentials("AKIAEXAMPLE", SECRET, token)
        botocore.auth.SigV4QueryAuth(credentials, "sts", "us-east-1", expires=900).add_auth(request)
        parts = urllib.parse.urlsplit(request.prepare().url)
        yield {"name": "presigned" + (" with session token" if token else ""), "service": "sts", "method": "GET",
               "target": parts.path + "?" + parts.query, "headers": {"Host": "127.0.0.1:5600"}, "body": "",
               "session_token": token or ""}


def main():
    for name, vectors in (("requests", requests()), ("answers", answers())):
        lines = ",\n".join(json.dumps(v, ensure_ascii=False) for v in vectors)
        (HERE / f"{name}.json").write_text(f"[\n{lines}\n]\n")
    signed = ",\n".join(json.dumps(v, ensure_ascii=False) for v in signatures())
    (HERE / "signatures.json").write_text(f'{{"secret": {json.dumps(SECRET)}, "region": "us-east-1", '
                                          f'"now": "2026-01-02T03:04:05Z", "vectors": [\n{signed}\n]}}\n')


if __name__ == "__main__":
    main()

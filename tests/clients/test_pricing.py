"""The price list of the caller's course, as AWS's Price List service shows one."""
import json
from decimal import Decimal

import pytest
from errors import refused
from support import aws
from test_cost_explorer import cli  # noqa: F401


@pytest.fixture
def pricing(server, ada):
    return aws.client(server, ada, "pricing")


def products(pricing, *filters, **more):
    """All pages, as Python reads them."""
    found, token = [], {}
    while True:
        page = pricing.get_products(ServiceCode="AmazonEC2", Filters=[dict(zip(("Type", "Field", "Value"), f)) for f in filters], **more, **token)
        assert page["FormatVersion"] == "aws_v1"
        found += [json.loads(text) for text in page["PriceList"]]
        if "NextToken" not in page:
            return found
        token = {"NextToken": page["NextToken"]}


def price(product):
    offer = next(iter(product["terms"]["OnDemand"].values()))
    dimension = next(iter(offer["priceDimensions"].values()))
    assert dimension["beginRange"] == "0" and dimension["endRange"] == "Inf" and dimension["rateCode"].startswith(f"{product['product']['sku']}.")
    return dimension["unit"], Decimal(dimension["pricePerUnit"]["USD"])


def test_a_script_that_looks_a_price_up_finds_it(pricing):
    found = products(pricing, ("TERM_MATCH", "instanceType", "t2.medium"), ("TERM_MATCH", "operatingSystem", "Linux"), ("TERM_MATCH", "tenancy", "Shared"),
                     ("TERM_MATCH", "preInstalledSw", "NA"), ("TERM_MATCH", "capacitystatus", "Used"), ("TERM_MATCH", "location", "US East (N. Virginia)"))
    assert len(found) == 1
    product = found[0]["product"]
    assert price(found[0]) == ("Hrs", Decimal("0.0464")) and found[0]["serviceCode"] == "AmazonEC2" and product["productFamily"] == "Compute Instance"
    wanted = {"instanceType": "t2.medium", "vcpu": "2", "memory": "4 GiB", "usagetype": "BoxUsage:t2.medium", "operation": "RunInstances",
              "regionCode": "us-east-1", "normalizationSizeFactor": "2", "servicecode": "AmazonEC2"}
    assert wanted.items() <= product["attributes"].items()
    disk = products(pricing, ("TERM_MATCH", "volumeApiName", "gp2"))
    assert len(disk) == 1 and price(disk[0]) == ("GB-Mo", Decimal("0.1")) and disk[0]["product"]["productFamily"] == "Storage"
    snapshot = products(pricing, ("TERM_MATCH", "productFamily", "Storage Snapshot"), ("CONTAINS", "usagetype", "EBS:SnapshotUsage"))
    assert len(snapshot) == 1 and price(snapshot[0]) == ("GB-Mo", Decimal("0.05"))
    address = products(pricing, ("TERM_MATCH", "productFamily", "IP Address"), ("TERM_MATCH", "usagetype", "ElasticIP:IdleAddress"))
    assert len(address) == 1 and price(address[0]) == ("Hrs", Decimal("0.005"))


def test_the_price_list_is_what_the_course_sells(server, pricing, ada):
    ec2 = aws.client(server, ada)
    sold = {t["InstanceType"] for page in ec2.get_paginator("describe_instance_types").paginate() for t in page["InstanceTypes"]}
    every = products(pricing, MaxResults=7)  # in pages
    assert {p["product"]["attributes"]["instanceType"] for p in every if "instanceType" in p["product"]["attributes"]} == sold
    assert len({p["product"]["sku"] for p in every}) == len(every) == len(sold) + 3  # with volumes, snapshots and addresses
    server.call("course", "create", "Prices of 2017", "--catalogue", "2017")
    old = aws.client(server, server.account("Ada", course="Prices of 2017"), "pricing")
    found = products(old, ("TERM_MATCH", "instanceType", "t2.medium"))
    assert price(found[0]) == ("Hrs", Decimal("0.047")) and found[0]["version"] == "2017"
    assert found[0]["product"]["sku"] == products(pricing, ("TERM_MATCH", "instanceType", "t2.medium"))[0]["product"]["sku"]


def test_filters(pricing):
    def types(*filters):
        return {p["product"]["attributes"].get("instanceType") for p in products(pricing, *filters)}
    assert types(("ANY_OF", "instanceType", "t2.micro,t2.nano,none")) == {"t2.micro", "t2.nano"}
    assert types(("CONTAINS", "instanceType", "t2.x")) == {"t2.xlarge"}
    assert types(("EQUALS", "vcpu", "1"), ("CONTAINS", "usagetype", "t2.")) == {"t2.micro", "t2.nano", "t2.small"}
    assert types(("NONE_OF", "productFamily", "Compute Instance")) == {None}
    assert types(("TERM_MATCH", "instanceType", "t2.medium"), ("TERM_MATCH", "instanceType", "t2.small")) == set()
    assert types(("TERM_MATCH", "colour", "blue")) == set()


def test_attributes_and_services(pricing):
    service = pricing.describe_services()["Services"]
    assert [s["ServiceCode"] for s in service] == ["AmazonEC2"] and {"instanceType", "volumeType", "usagetype"} <= set(service[0]["AttributeNames"])
    seen = {attribute for p in products(pricing) for attribute in p["product"]["attributes"]} | {"productFamily"}
    assert seen | {"gpu"} == set(service[0]["AttributeNames"])
    values = pricing.get_attribute_values(ServiceCode="AmazonEC2", AttributeName="productFamily")["AttributeValues"]
    assert values == [{"Value": family} for family in ("Compute Instance", "IP Address", "Storage", "Storage Snapshot")]
    first = pricing.get_attribute_values(ServiceCode="AmazonEC2", AttributeName="instanceType", MaxResults=2)
    second = pricing.get_attribute_values(ServiceCode="AmazonEC2", AttributeName="instanceType", MaxResults=2, NextToken=first["NextToken"])
    assert len({v["Value"] for v in first["AttributeValues"] + second["AttributeValues"]}) == 4


def test_wrong_requests(pricing):
    for call, arguments in ((pricing.describe_services, {"ServiceCode": "AmazonS3"}), (pricing.get_products, {"ServiceCode": "AmazonS3"}),
                            (pricing.get_products, {"ServiceCode": "AmazonEC2", "FormatVersion": "aws_v2"}),
                            (pricing.get_attribute_values, {"ServiceCode": "AmazonEC2", "AttributeName": "colour"})):
        with refused("InvalidParameterException"):
            call(**arguments)
    with refused("InvalidNextTokenException"):
        pricing.get_products(ServiceCode="AmazonEC2", NextToken="x")
    with refused("InvalidNextTokenException"):  # of another request
        token = pricing.get_products(ServiceCode="AmazonEC2", MaxResults=1)["NextToken"]
        pricing.get_products(ServiceCode="AmazonEC2", MaxResults=1, NextToken=token, Filters=[{"Type": "EQUALS", "Field": "vcpu", "Value": "2"}])
    with refused("ValidationException", message="Filters[0].Type"):
        pricing.get_products(ServiceCode="AmazonEC2", Filters=[{"Type": "LIKE", "Field": "vcpu", "Value": "2"}])


def test_the_command_line_finds_a_price(cli):  # noqa: F811
    answer = cli("pricing", "get-products", "--service-code", "AmazonEC2", "--filters", "Type=TERM_MATCH,Field=instanceType,Value=t2.micro")
    assert [price(json.loads(text)) for text in answer["PriceList"]] == [("Hrs", Decimal("0.0116"))]
    assert cli("pricing", "describe-services", "--service-code", "AmazonEC2")["Services"][0]["ServiceCode"] == "AmazonEC2"
    cli("pricing", "describe-services", "--service-code", "AmazonS3", fails="(InvalidParameterException)")


def test_a_course_without_a_free_tier_has_no_free_usage(server, account):
    free = aws.client(server, account, "freetier")
    assert free.get_free_tier_usage()["freeTierUsages"] == []
    with refused("ValidationException", message="at each level"):
        free.get_free_tier_usage(filter={})
    with refused("ValidationException"):
        free.get_free_tier_usage(nextToken="x")

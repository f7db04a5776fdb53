"""Prints where botocore sends each service in each region of each partition: the vectors of tests/endpoints.rs."""

import json

import botocore.session
from botocore.endpoint_provider import EndpointProvider

SERVICES = ["cognito-identity", "sts", "secretsmanager", "ssm"]


def endpoints():
    session = botocore.session.get_session()
    loader = session.get_component("data_loader")
    partitions = loader.load_data("partitions")
    for service in SERVICES:
        rules = EndpointProvider(loader.load_service_model(service, "endpoint-rule-set-1"), partitions)
        for partition in partitions["partitions"]:
            for region in sorted(partition["regions"]):
                if "-global" in region:
                    continue
                for fips in (False, True):
                    for dual_stack in (False, True):
                        parameters = {"Region": region, "UseFIPS": fips, "UseDualStack": dual_stack}
                        if service == "sts":
                            parameters["UseGlobalEndpoint"] = False
                        try:
                            url = rules.resolve_endpoint(**parameters).url
                        except Exception as error:  # a combination that the partition does not have
                            url = None
                        yield {"service": service, "region": region, "fips": fips, "dualStack": dual_stack, "url": url}


print("[\n" + ",\n".join(json.dumps(endpoint) for endpoint in endpoints()) + "\n]")

import contextlib

import pytest
from botocore.exceptions import ClientError


@contextlib.contextmanager
def refused(code, status=400, message=None):
    """The call inside fails with AWS's code, status and (a part of the) message."""
    with pytest.raises(ClientError) as caught:
        yield
    answer = caught.value.response
    assert answer["Error"]["Code"] == code, answer
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status, answer
    assert len(answer["ResponseMetadata"]["RequestId"]) == 36, answer
    if message:
        assert message in answer["Error"]["Message"], answer

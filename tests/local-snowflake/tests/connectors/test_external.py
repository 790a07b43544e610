"""External stages as the official connectors see them: COPY and LIST work, PUT and GET are refused by the server."""

from __future__ import annotations

import gzip
import uuid

import pytest
from conftest import connection_to, error_of

CLOUDS = {"s3": "'S3' STORAGE_AWS_ROLE_ARN = 'arn:aws:iam::1:role/r'", "azure": "'AZURE' AZURE_TENANT_ID = 't'", "gcs": "'GCS'"}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_copy_and_list(cloud_server, emulators, tmp_path, cloud):
    place = uuid.uuid4().hex
    url = emulators.url(cloud, place)
    emulators.store(cloud).put_object(f"{place}/rows.csv.gz", gzip.compress(b"1,one\n2,two\n"), {})
    connection = connection_to(cloud_server)
    run = lambda sql: connection.cursor().execute(sql).fetchall()  # noqa: E731
    run(f'CREATE SCHEMA "{place}"')
    run(f"CREATE OR REPLACE STORAGE INTEGRATION I_{cloud} TYPE = EXTERNAL_STAGE ENABLED = TRUE STORAGE_ALLOWED_LOCATIONS = ('*') STORAGE_PROVIDER = {CLOUDS[cloud]}")
    run(f"CREATE STAGE E URL = '{url}/' STORAGE_INTEGRATION = I_{cloud}")
    run("CREATE TABLE T (A NUMBER, B VARCHAR)")
    assert run("COPY INTO T FROM @E FILES = ('rows.csv.gz')")[0][:4] == (f"{url}/rows.csv.gz", "LOADED", 2, 2)
    assert run("SELECT A, B FROM T ORDER BY A") == [(1, "one"), (2, "two")]
    assert run("LIST @E")[0][0] == f"{url}/rows.csv.gz"
    (tmp_path / "a.csv").write_text("1")
    assert error_of(lambda: run(f"PUT 'file://{tmp_path}/a.csv' @E")) == (91003, "22000")
    assert error_of(lambda: run(f"GET @E 'file://{tmp_path}/'")) == (91003, "22000")
    assert run("REMOVE @E") == [(f"{url}/rows.csv.gz", "removed")]
    connection.close()

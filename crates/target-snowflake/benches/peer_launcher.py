"""Runs another Snowflake target with its connector pointed at the local server: `PORT MODULE:FUNCTION ARGUMENTS…`.

With `PORT sql STATEMENT` runs one statement, for what a target expects to be there. The other targets have no setting for host, port and protocol; nothing else of them is changed.
"""

import importlib
import sys

import snowflake.connector
import snowflake.connector.connection
import snowflake.connector.s3_storage_client

port, entry_point = int(sys.argv[1]), sys.argv[2]
sys.argv = [entry_point, *sys.argv[3:]]
connection = snowflake.connector.connection.SnowflakeConnection
begin = connection.__init__


def begin_locally(self, *arguments, **settings):
    settings.update(host="127.0.0.1", port=port, protocol="http", account="local")
    begin(self, *arguments, **settings)


connection.__init__ = begin_locally

storage = snowflake.connector.s3_storage_client.SnowflakeS3RestClient
accelerate = storage.transfer_accelerate_config


def store_locally(self, *arguments, **settings):
    self.endpoint = f"http://127.0.0.1:{port}/{self.s3location.bucket_name}"
    return accelerate(self, *arguments, **settings)


storage.transfer_accelerate_config = store_locally
if entry_point == "sql":
    with snowflake.connector.connect(user="demo", password="demo") as session:
        session.cursor().execute(sys.argv[1])
    sys.exit()
module, _, function = entry_point.partition(":")
target = importlib.import_module(module)
for part in function.split("."):
    target = getattr(target, part)
target()

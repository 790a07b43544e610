"""Which statements about stages are handled outside the SQL engine, and by what."""

from __future__ import annotations

import re

from ..service import Service
from .file_formats import FileFormats
from .integrations import Integrations
from .listing import Listing
from .stage_descriptions import StageDescriptions
from .stages import Stages
from .transfer import Transfers


def register_staging(service: Service) -> None:
    """Plugs the statements into the engine."""
    stages, formats, listing, transfers = Stages(service), FileFormats(service), Listing(service), Transfers(service)
    descriptions, integrations = StageDescriptions(service), Integrations(service)
    modifiers = r"(?:OR\s+REPLACE\s+)?(?:(?:LOCAL\s+|GLOBAL\s+)?(?:TEMP|TEMPORARY|VOLATILE)\s+)?"
    for pattern, handler, commits in (
        (rf"CREATE\s+{modifiers}STAGE\b", stages.create, True),
        (r"DROP\s+STAGE\b", stages.drop, True),
        (r"ALTER\s+STAGE\b", stages.alter, True),
        (r"(?:DESC|DESCRIBE)\s+STAGE\b", descriptions.describe, False),
        (r"SHOW\s+STAGES\b", descriptions.show, False),
        (rf"CREATE\s+{modifiers}FILE\s+FORMAT\b", formats.create, True),
        (r"DROP\s+FILE\s+FORMAT\b", formats.drop, True),
        (r"SHOW\s+FILE\s+FORMATS\b", formats.show, False),
        (r"CREATE\s+(?:OR\s+REPLACE\s+)?STORAGE\s+INTEGRATION\b", integrations.create, True),
        (r"ALTER\s+(?:STORAGE\s+)?INTEGRATION\b", integrations.alter, True),
        (r"DROP\s+(?:STORAGE\s+)?INTEGRATION\b", integrations.drop, True),
        (r"(?:DESC|DESCRIBE)\s+(?:STORAGE\s+)?INTEGRATION\b", integrations.describe, False),
        (r"SHOW\s+(?:STORAGE\s+)?INTEGRATIONS\b", integrations.show, False),
        (r"PUT\b", transfers.put, False),
        (r"GET\s+(?:@|'@)", transfers.get, False),
        (r"(?:LIST|LS)\b", listing.list, False),
        (r"(?:REMOVE|RM)\b", listing.remove, False),
    ):
        service.engine.register_statement_handler(re.compile(pattern, re.I).match, handler, commits)

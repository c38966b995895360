"""Names and texts take an officer's consent: receivers from before get neither until one consents."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    """Nobody consented to what receivers were promised so far. What they were sent stays where it is."""

    dependencies: ClassVar = [("stream", "0001_sinks")]

    operations: ClassVar = [
        migrations.RunSQL(
            "UPDATE stream_sink SET has_names = false, has_text = false WHERE has_names OR has_text",
            migrations.RunSQL.noop,
        )
    ]

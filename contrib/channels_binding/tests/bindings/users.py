"""In the root folder `bindings`, which has no `__init__.py`."""

from django.contrib.auth.models import User

from channels_binding.bindings import AsyncBinding


class Binding(AsyncBinding):
    model = User

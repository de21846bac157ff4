from django.apps import AppConfig


class LiveappConfig(AppConfig):
    name = "tests.benchmarks.live.liveapp"
    label = "liveapp"
    default_auto_field = "django.db.models.BigAutoField"

"""Django settings of the live benchmarks: those of the others, with models of its own."""

from tests.benchmarks.settings import *  # noqa: F403
from tests.benchmarks.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = [*(app for app in _APPS if app != "tests.benchmarks.benchapp"), "tests.benchmarks.live.liveapp"]

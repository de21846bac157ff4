# apps/your_app/bindings.py

from channels_binding.bindings import AsyncBinding
from .models import MyModel

class Binding(AsyncBinding):

    model = MyModel

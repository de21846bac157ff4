"""Django REST framework's serializers, permissions, throttles, authentication and filter sets on bindings.

Put ``"binding_schema_drf"`` into INSTALLED_APPS. What a project imports: ``binding_schema_drf.viewsets.BindingViewSet``.
"""

__version__ = "0.1.0"

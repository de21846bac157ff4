"""`authentification.AuthenticationStrategyClass`: the user of Django's session, which SessionMiddlewareStack brings."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User


class AuthenticationStrategyClass:
    def get_user(self, consumer: Any) -> User | None:
        key = consumer.scope["session"].get(SESSION_KEY)
        return User.objects.filter(pk=key, is_active=True).first() if key else None

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """Django's own validator refuses the blank in the page's "Changed Username"."""

    username = models.CharField(max_length=150, unique=True)


class MyModel(models.Model):
    name = models.CharField(max_length=50)
    made_at = models.DateTimeField(auto_now_add=True)

from django.db import models


class MyModel(models.Model):
    name = models.CharField(max_length=50)
    made_at = models.DateTimeField(auto_now_add=True)

"""Models that inherit, and relations that the project has none of; their tables stand only while a test uses them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, models

from binding_schema import Binding, IsAuthenticated, auto, computed


class Place(models.Model):
    name = models.CharField(max_length=50)

    class Meta:
        app_label = "app"


class Venue(Place):
    class Meta:
        proxy = True
        app_label = "app"


class Restaurant(Place):
    stars = models.IntegerField(default=0)

    class Meta:
        app_label = "app"


class Album(models.Model):
    name = models.CharField(max_length=50, unique=True)
    place = models.ForeignKey(Restaurant, on_delete=models.SET_NULL, null=True)
    similar = models.ManyToManyField("self")

    class Meta:
        app_label = "app"


class Photo(models.Model):
    album = models.ForeignKey(Album, on_delete=models.CASCADE, related_name="photos")
    name = models.CharField(max_length=50)

    class Meta:
        app_label = "app"


class Review(models.Model):
    """Refers to its album by another column than the key."""

    album = models.ForeignKey(Album, to_field="name", on_delete=models.CASCADE, related_name="reviews", null=True)

    class Meta:
        app_label = "app"


class PlaceBinding(Binding[Place]):
    stream = "odd.Place"
    id: auto
    name: auto
    permissions = [IsAuthenticated]


class RestaurantBinding(Binding[Restaurant]):
    stream = "odd.Restaurant"
    id: auto
    name: auto
    stars: auto
    permissions = [IsAuthenticated]


class NestedAlbum(Binding[Album]):
    stream = None
    id: auto
    name: auto
    permissions = [IsAuthenticated]


class AlbumBinding(Binding[Album]):
    stream = "odd.Album"
    id: auto
    name: auto
    similar: list[NestedAlbum]
    permissions = [IsAuthenticated]
    depends_on = ["photos", "place", "reviews"]

    @computed(needs=["photos__name"])
    def first(self, album: Album) -> str:
        return min((photo.name for photo in album.photos.all()), default="")


BINDINGS = (PlaceBinding, RestaurantBinding, NestedAlbum, AlbumBinding)
TABLES = (Place, Restaurant, Album, Photo, Review)


@contextmanager
def tables() -> Iterator[None]:
    with connection.schema_editor() as editor:
        for model in TABLES:
            editor.create_model(model)
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            for model in reversed(TABLES):
                editor.delete_model(model)

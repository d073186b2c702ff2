"""`make offline`, with the very environment that it sets: a site that is read from a folder."""


def test_the_offline_site_builds_and_is_packed_whole(offline):
    names = {path.relative_to(offline).as_posix() for path in offline.rglob("*")}
    assert {"index.html", "chapters/tokenizers.html", "search/search_index.js"} <= names

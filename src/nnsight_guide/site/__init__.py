"""The guide as a plugin of MkDocs: nothing outside of this package knows MkDocs."""

from nnsight_guide.site.plugin import GuidePlugin, figure_script

__all__ = ["GuidePlugin", "figure_script"]

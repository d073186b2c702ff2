"""The notebooks of the site: files to download, and pages that mkdocs-jupyter makes of them."""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import urljoin, urlsplit

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import get_toc
from mkdocs.utils import get_relative_url

from nnsight_guide.base import redaction
from nnsight_guide.base.project import Project
from nnsight_guide.base.scratch import json_text, write_whole
from nnsight_guide.html.installing import Package
from nnsight_guide.notebook.chapter_source import Chapter
from nnsight_guide.notebook.prose import Link
from nnsight_guide.notebook.writer import chapter_notebook
from nnsight_guide.recording.real_cells import Real
from nnsight_guide.recording.recordings import Recording
from nnsight_guide.site import mkdocs_jupyter
from nnsight_guide.site.page_memory import MadeNotebooks, recordings_for

CHAPTERS, EXERCISES = "chapters/", "exercises/"
PAGES, DOWNLOADS = "notebooks", "downloads/notebooks"


@dataclass(frozen=True)
class Version:
    """One of the notebooks of a chapter; `source` is the chapter's Markdown file."""

    source: str
    name: str
    title: str
    is_worksheet: bool = False

    @property
    def page(self) -> str:
        """The file that its page is made of."""
        return f"{PAGES}/{self.name}.ipynb"

    @property
    def download(self) -> str:
        """The file to download."""
        return f"{DOWNLOADS}/{self.name}.ipynb"


def versions(source: str) -> list[Version]:
    """Return the notebooks of a page: one of a chapter, two of an exercise, none of any other."""
    stem = PurePosixPath(source).stem
    if source.startswith(CHAPTERS) and source.endswith(".md"):
        return [Version(source, stem, "Notebook")]
    if source.startswith(EXERCISES) and source.endswith(".md"):
        worksheet = Version(source, f"{stem}-worksheet", "Worksheet", is_worksheet=True)
        return [worksheet, Version(source, stem, "With solution")]
    return []


class Notebooks:
    """The notebooks of one build."""

    def __init__(
        self,
        project: Project,
        shown: Mapping[str, Recording],
        real: Real,
        package: Package,
        made: MadeNotebooks,
    ) -> None:
        """Take up the recordings that are to be shown, and what is to be installed.

        Of the notebooks that builds before have `made`, those are taken that would be the same.
        """
        self.project = project
        self.shown = shown
        self.real = real
        self.package = package
        self.made = made
        self.pages: dict[str, Version] = {}

    def add(self, files: Files, config: MkDocsConfig) -> None:
        """Add the notebooks of all chapters to the files of the site.

        Raises:
            GuideError: a chapter shows a cell that does not exist.

        """
        places = [(file.src_uri, file.url) for file in files]
        self._places = (config.site_url, config.use_directory_urls, places)  # where links lead
        for file in list(files.documentation_pages()):
            for version in versions(file.src_uri):
                self._add(version, file, files, config)

    def _add(self, version: Version, file: File, files: Files, config: MkDocsConfig) -> None:
        site = config.site_url  # where it is published, if it is: a download leads there
        links = _links_from(file, files, lambda url: urljoin(site, url) if site else None)
        made = self._made(version, file, links)
        files.append(File.generated(config, version.download, content=made))
        if "mkdocs-jupyter" not in config.plugins:
            return
        # It reads what it renders from the disk, and knows by its bytes what it has rendered.
        cache = self.project.cache
        here = _url(version, config)
        links = _links_from(file, files, lambda url: get_relative_url(url, here))
        write_whole(self._made(version, file, links, for_page=True), cache / version.page)
        files.append(File(version.page, str(cache), config.site_dir, config.use_directory_urls))
        self.pages[version.page] = version

    def _made(self, version: Version, file: File, link: Link, *, for_page: bool = False) -> str:
        text, name = file.content_string, version.page if for_page else version.download
        recordings = recordings_for(text, self.shown, self.real)
        made_from = (text, recordings, self.package, self._places)
        if self.made.get(name, ())[:1] != (made_from,):
            path = f"docs/{file.src_uri}"
            chapter = Chapter(path, text, self.shown, link, self.package, self.real)
            made = chapter_notebook(chapter, worksheet=version.is_worksheet, for_page=for_page)
            self.made[name] = made_from, json_text(redaction.redact(made, redaction.api_keys()))
        return self.made[name][1]

    def prepare(self, page: Page, files: Files) -> None:
        """Keep the page of a notebook out of the search, which finds the same in its chapter."""
        if version := self.pages.get(page.file.src_uri):
            page.meta["search"] = {"exclude": True}
            chapter = files.get_file_from_path(version.source)
            page.edit_url = chapter.page.edit_url if chapter and chapter.page else None

    def shown_on(self, page: Page, html: str, files: Files, config: MkDocsConfig) -> str:
        """Return the HTML of a page with links to its notebooks, or to what else there is of it."""
        source = page.file.src_uri
        if version := self.pages.get(source):
            links = _links(version, page, config)
            if chapter := files.get_file_from_path(version.source):
                links = {"read the chapter": get_relative_url(chapter.url, page.url), **links}
            title, below = mkdocs_jupyter.headings(html)
            page.title = title or page.title
            page.toc = get_toc(below)
            html, offers = mkdocs_jupyter.page_html(html), {version.title: links}
        elif offered := versions(source):
            offers = {
                version.title: (
                    {"read": get_relative_url(_url(version, config), page.url)}
                    if version.page in self.pages
                    else {}
                )
                | _links(version, page, config)
                for version in offered
            }
        else:
            return html
        return html.replace("</h1>", f"</h1>\n{mkdocs_jupyter.links_html(offers)}", 1)


def _links(version: Version, page: Page, config: MkDocsConfig) -> dict[str, str]:
    links = {"download": get_relative_url(version.download, page.url)}
    if colab := mkdocs_jupyter.colab_url(config.repo_url, version.download):
        links["open in Colab"] = colab
    return links


def _url(version: Version, config: MkDocsConfig) -> str:
    return f"{PAGES}/{version.name}" + ("/" if config.use_directory_urls else ".html")


def _links_from(file: File, files: Files, way: Link) -> Link:
    """Return where the links of a chapter lead from its notebook.

    `way` says how one gets from there to an address within the site.
    """

    def link(target: str) -> str | None:
        if urlsplit(target).scheme:
            return target
        path, _, fragment = target.partition("#")
        source = posixpath.normpath(posixpath.join(posixpath.dirname(file.src_uri), path))
        found = files.get_file_from_path(source) if path else file
        url = found.url + (f"#{fragment}" if fragment else "") if found else ""
        return way(url) if url else None

    return link

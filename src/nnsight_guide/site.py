"""The few MkDocs events that Markdown cannot do; with `site_notebooks`, all that knows MkDocs."""

from __future__ import annotations

import gc
import logging
from importlib.metadata import distribution
from pathlib import Path
from typing import Literal

import markdown_exec
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import Abort, PluginError
from mkdocs.plugins import BasePlugin, event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url

from nnsight_guide import committed, outcomes, profiles, redaction, render
from nnsight_guide.errors import GuideError, long_story, one_line
from nnsight_guide.freshness import Freshness, freshness
from nnsight_guide.page import BlockLog, open_page
from nnsight_guide.page import Page as ChapterPage
from nnsight_guide.project import Project
from nnsight_guide.recordings import Recording
from nnsight_guide.run import Runner
from nnsight_guide.site_notebooks import Notebooks
from nnsight_guide.site_rendered import RenderedNotebooks
from nnsight_guide.standalone import standalone_script

log = logging.getLogger("mkdocs.plugins.nnsight_guide")

# Looking for garbage after every 700 new objects takes a twelfth of a build, and finds 8 MB.
GARBAGE_THRESHOLD = 100_000


class GuidePlugin(BasePlugin):  # type: ignore[type-arg]
    """Runs what is stale before each build, and shows it on the pages."""

    is_preview = False  # whether an author waits for every rebuild
    runner: Runner | None = None  # the command line hands one over that has begun

    def on_startup(self, *, command: Literal["build", "gh-deploy", "serve"], dirty: bool) -> None:
        """Keep this plugin, and so the kernel with its model, from one rebuild to the next."""
        gc.set_threshold(GARBAGE_THRESHOLD)
        self.rendered: RenderedNotebooks | None = None
        self.is_preview = command == "serve"
        redaction.install_hook()
        markdown_exec.patch_loggers(lambda name: BlockLog(log, {}))
        # It would report every notebook, with its path, at every build.
        logging.getLogger("mkdocs.plugins.mkdocs_jupyter").setLevel(logging.WARNING)

    def on_config(self, config: MkDocsConfig) -> None:
        """Offer no edit links without a repository; in an offline site, serve every script."""
        # A variable that is set, and empty, reads as null, which other plugins do not expect.
        config.site_url = config.site_url or ""
        if not config.repo_url:
            config.edit_uri = None
        offline = config.plugins.get("material/offline")
        if offline is not None and offline.config["enabled"]:
            # Else it takes this script from another host.
            config.extra["polyfills"] = ["assets/iframe-worker.js"]
        if self.is_preview and "llmstxt" in config.plugins:
            # An author waits for the page, and nobody for its Markdown.
            config.plugins["llmstxt"].config["sections"] = {}

    def on_pre_build(self, *, config: MkDocsConfig) -> None:
        """Run the stale snippets and idioms, then take up every recording."""
        try:
            self.project = Project.find(Path(config.config_file_path).parent)
            self.profile = profiles.current()
            self.runner = self.runner or Runner(self.project)
            names = self.project.snippet_names()
            states = {name: freshness(self.project, name, self.profile) for name in names}
            stale = [name for name, state in states.items() if not state.is_fresh]
            done = self.runner.run_stale(self.profile, stale)
            self.recordings = {name: self._recording(state) for name, state in states.items()}
            self.committed = self._committed(names)
            if not self.is_preview:
                self._stop_kernel()  # the idioms load models of their own
            demo = outcomes.demo_profile(self.profile)
            idioms_done = outcomes.run_stale(self.project, demo)
            self.outcomes = outcomes.read_all(self.project, demo)
        except GuideError as error:
            raise PluginError(_in_one_line(error)) from None
        cells = sum(len(self.recordings[name].cell_names()) for name in done)
        log.info(
            "Profile %s (%s): %d of %d snippets run, %d cells executed; %d of %d idioms run",
            self.profile.name,
            self.profile.model_id,
            len(done),
            len(names),
            cells,
            len(idioms_done),
            len(self.outcomes),
        )

    def on_files(self, files: Files, *, config: MkDocsConfig) -> Files:
        """Add scripts and notebooks that run anywhere, and the script that draws figures."""
        script_path = str(figure_script())
        files.append(File.generated(config, "assets/circuitsvis.js", abs_src_path=script_path))
        for name in self.project.snippet_names():
            script = standalone_script(self.project, self.recordings, name)
            files.append(File.generated(config, f"downloads/{name}.py", content=script))
        self.notebooks = Notebooks(self.project, {**self.recordings, **self.committed})
        try:
            if renderer := config.plugins.get("mkdocs-jupyter"):
                self.rendered = self.rendered or RenderedNotebooks(self.project)
                renderer.config["cache_dir"] = str(self.rendered.own)
            self.notebooks.add(files, config)
        except GuideError as error:
            raise PluginError(_in_one_line(error)) from None
        return files

    def on_page_markdown(
        self, markdown: str, *, page: Page, config: MkDocsConfig, files: Files
    ) -> None:
        """Tell the blocks of this page where they stand."""
        self.page = ChapterPage(
            path=f"docs/{page.file.src_uri}",
            source=page.file.content_string,
            base=get_relative_url(".", page.url).rstrip("/"),
            profile=self.profile,
            recordings=self.recordings,
            committed=self.committed,
            outcomes=self.outcomes,
            docs=Path(config.docs_dir),
            directory_urls=config.use_directory_urls,
        )
        open_page(self.page)
        self.notebooks.prepare(page, files)

    def on_page_content(self, html: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
        """Stop at a name that does not exist; else end the page with its provenance."""
        if self.page.problems:
            raise PluginError(_redacted("\n".join(self.page.problems)))
        html = self.notebooks.shown_on(page, html, files, config)
        return _redacted(html) + render.provenance_html(
            shown.provenance for shown in self.page.shown
        )

    @event_priority(-100)  # after mkdocs-jupyter has thrown away what is not used any more
    def on_post_build(self, *, config: MkDocsConfig) -> None:
        """Keep what was rendered for the next build."""
        if self.rendered is not None:
            self.rendered.keep()

    def on_build_error(self, *, error: Exception) -> None:
        """End in one line, too, what has come between: a full disk, a file that is in the way."""
        if isinstance(error, OSError):
            log.error("%s", _in_one_line(error))
            raise Abort("Aborted with an error of the system!")

    def on_shutdown(self) -> None:
        """Stop the kernel, and give back what was lent."""
        self._stop_kernel()
        if self.rendered is not None:
            self.rendered.close()
            self.rendered = None

    def _stop_kernel(self) -> None:
        if self.runner is not None:
            self.runner.close()
            self.runner = None

    def _recording(self, before: Freshness) -> Recording:
        """Return the recording of a snippet that was fresh `before`, or has just run."""
        name = before.snippet
        state = before if before.is_fresh else freshness(self.project, name, self.profile)
        if state.recording is None or state.stale_because:
            raise GuideError(f"snippets/{name}.py changed during the build: build again")
        return state.recording

    def _committed(self, names: list[str]) -> dict[str, Recording]:
        """Return the committed recordings to show beside the demo's: those that are fresh."""
        if self.profile.name != "demo":
            return {}
        states = [committed.freshness(self.project, name) for name in names]
        for state in states:
            if state.recording and not state.is_fresh:
                why = ", ".join(state.stale_because)
                log.info("%s: the committed recording is stale (%s)", state.snippet, why)
        return {s.snippet: s.recording for s in states if s.recording and s.is_fresh}


def _in_one_line(error: Exception) -> str:
    """Return what an error says; all that led to it is told by `mkdocs build --verbose`."""
    log.debug("%s", _redacted(long_story(error)))
    return _redacted(one_line(str(error)))


def _redacted(text: str) -> str:
    redacted: str = redaction.redact(text, redaction.keys())
    return redacted


def figure_script() -> Path:
    """Return circuitsvis's own script, found without importing the package (it imports torch)."""
    return Path(str(distribution("circuitsvis").locate_file("circuitsvis/dist/cdn/iife.js")))

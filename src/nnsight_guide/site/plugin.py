"""The few events of MkDocs that Markdown cannot do."""

import gc
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NoReturn

from jinja2 import Environment
from mkdocs.config import config_options
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import Abort, PluginError
from mkdocs.livereload import LiveReloadServer
from mkdocs.plugins import BasePlugin, CombinedEvent, event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url

from nnsight_guide.base import redaction
from nnsight_guide.base.errors import GuideError, long_story, one_line
from nnsight_guide.base.project import Project
from nnsight_guide.chapter.page import ChapterPage, open_page
from nnsight_guide.chapter.page_code import without_comments
from nnsight_guide.html import provenance
from nnsight_guide.model import profiles
from nnsight_guide.notebook.script import standalone_script
from nnsight_guide.run.plan import Plan
from nnsight_guide.run.plan_memory import PlanMemory
from nnsight_guide.run.runner import Runner
from nnsight_guide.site import endings, page_blocks
from nnsight_guide.site.beforehand import made_ready
from nnsight_guide.site.mkdocs_jupyter import RenderedNotebooks
from nnsight_guide.site.notebook_files import Notebooks
from nnsight_guide.site.page_memory import PageMemory
from nnsight_guide.site.preview import WARM, Preview, look_often, require_free
from nnsight_guide.site.scripts import add_fetched, model_file
from nnsight_guide.site.search_words import add_words
from nnsight_guide.site.template_memory import TemplateMemory
from nnsight_guide.site.wheel import offer

log = logging.getLogger("mkdocs.plugins.nnsight_guide")

GARBAGE_THRESHOLD = 100_000  # by 700, Python's own, a twelfth of a build goes by, for 8 MB


class GuidePlugin(BasePlugin):  # type: ignore[type-arg]
    """Runs what is stale before each build, and shows it on the pages."""

    preview: Preview | None = None  # if an author waits for every rebuild
    rendered: RenderedNotebooks | None = None
    own_theme: str | None = None  # the folder that the site adds to the theme
    config_scheme = (("search_words", config_options.Type(dict, default={})),)
    # `site.build` hands both over: a runner that has begun, and what it has begun with.
    runner: Runner | None = None
    plan: Plan | None = None

    def on_startup(self, *, command: Literal["build", "gh-deploy", "serve"], dirty: bool) -> None:
        """Keep this plugin, and so the kernel with its model, from one rebuild to the next."""
        gc.set_threshold(GARBAGE_THRESHOLD)
        self.preview = Preview(PageMemory()) if command == "serve" else None
        self.templates = self.preview.memory.templates if self.preview else TemplateMemory()
        self.plans = PlanMemory()
        redaction.install_hook()
        page_blocks.install()

    @event_priority(100)  # before the search takes words from the theme
    def on_config(self, config: MkDocsConfig) -> None:
        """Offer no edit links without a repository; in an offline site, serve every script."""
        # A variable that is set, and empty, reads as null, which other plugins do not expect.
        config.site_url = config.site_url or ""
        if not config.repo_url:
            config.edit_uri = None
        self.own_theme = config.theme.custom_dir
        offline = config.plugins.get("material/offline")
        if offline is not None and offline.config["enabled"]:
            config.extra["polyfills"] = ["assets/iframe-worker.js"]  # else another host's script
        if self.preview is not None:
            self._prepare_preview(self.preview, config)

    def on_pre_build(self, *, config: MkDocsConfig) -> None:
        """Run the stale snippets and idioms, then take up every recording."""
        try:
            begun, self.plan = self.plan, None
            project = Project.find(Path(config.config_file_path).parent)
            plan = begun or self.plans.plan(project, profiles.current(), Path(config.docs_dir))
            self.project, self.profile = plan.project, plan.profile
            self.runner = self.runner or Runner(plan.project, keeps_kernel=bool(self.preview))
            with made_ready(config, self.templates, plan):
                ran = self.runner.run_stale(plan)
            self.recordings = plan.to_show()
            self.committed = plan.committed_to_show()
            for remark in plan.remarks():
                log.info("%s", remark)
            if self.preview is None:
                self._stop_kernel()
            self.outcomes = plan.idioms_to_show
        except GuideError as error:
            raise PluginError(_in_one_line(error)) from None
        cells = sum(len(self.recordings[name].cell_names()) for name in ran.snippets)
        log.info(
            "Profile %s (%s): %d of %d snippets run, %d cells executed; %d of %d idioms run",
            self.profile.name,
            self.profile.model_id,
            len(ran.snippets),
            len(plan.snippets),
            cells,
            len(ran.idioms),
            len(self.outcomes),
        )

    def on_files(self, files: Files, *, config: MkDocsConfig) -> Files:
        """Add scripts and notebooks that run anywhere, and what the pages' own scripts fetch."""
        if wrong := list(page_blocks.problems_of(files)):
            raise PluginError(redaction.without_keys("\n".join(wrong)))
        self.files = files
        for name in self.project.snippet_names():
            script = standalone_script(self.project, self.recordings, name)
            files.append(File.generated(config, f"downloads/{name}.py", content=script))
        try:
            self.package = offer(self.project, files, config, is_preview=self.preview is not None)
            add_fetched(files, config, is_offline=self.package.is_offline)
            made = self.preview.memory.notebooks if self.preview else {}
            shown = self.recordings, self.committed
            self.notebooks = Notebooks(self.project, *shown, self.package, made)
            if renderer := config.plugins.get("mkdocs-jupyter"):
                self.rendered = self.rendered or RenderedNotebooks(self.project)
                renderer.config["cache_dir"] = str(self.rendered.own)
            self.notebooks.add(files, config)
        except GuideError as error:
            raise PluginError(_in_one_line(error)) from None
        return files

    def on_page_markdown(
        self, markdown: str, *, page: Page, config: MkDocsConfig, files: Files
    ) -> str:
        """Tell the blocks of this page where they stand; what stands in a comment is none."""
        self.page = ChapterPage(
            path=f"docs/{page.file.src_uri}",
            source=without_comments(page.file.content_string),
            base=get_relative_url(".", page.url).rstrip("/"),
            profile=self.profile,
            recordings=self.recordings,
            committed=self.committed,
            outcomes=self.outcomes,
            package=self.package,
            docs=Path(config.docs_dir),
            directory_urls=config.use_directory_urls,
            repository=config.repo_url,
            live_model=model_file(is_offline=self.package.is_offline),
        )
        open_page(self.page)
        self.notebooks.prepare(page, files)
        if self.preview:
            self.preview.memory.render(page, self.page)
        return without_comments(markdown)

    def on_page_content(self, html: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
        """Stop at a name that does not exist; else end the page with its provenance."""
        if self.page.problems:
            raise PluginError(redaction.without_keys("\n".join(self.page.problems)))
        html = self.notebooks.shown_on(page, html, files, config)
        return redaction.without_keys(html) + provenance.on_page(
            shown.provenance for shown in self.page.shown
        )

    def on_env(self, env: Environment, *, config: MkDocsConfig, files: Files) -> Environment:
        """Let a build compile, and the preview build, only what is new."""
        self.templates.reuse(env)
        return self.preview.share(env, config, files) if self.preview else env

    @event_priority(100)  # before the search writes its index
    def _add_search_words(self, *, config: MkDocsConfig) -> None:
        if search := config.plugins.get("material/search"):
            try:
                add_words(self.config["search_words"], search.search_index.entries, self.files)
            except GuideError as error:
                raise PluginError(_in_one_line(error)) from None

    @event_priority(-100)  # after mkdocs-jupyter has thrown away what is not used any more
    def _keep_rendered(self, *, config: MkDocsConfig) -> None:
        if self.rendered is not None:
            self.rendered.keep()

    on_post_build = CombinedEvent(_add_search_words, _keep_rendered)

    def on_build_error(self, *, error: Exception) -> None:
        """End in one line, too, what has come between: a full disk, a slip in a template."""
        if slip := endings.slip_in_template(error, self.own_theme):
            log.error("%s", redaction.without_keys(one_line(slip)))
            raise Abort("Aborted with an error in a template!")
        if isinstance(error, OSError):
            log.error("%s", _in_one_line(error))
            raise Abort("Aborted with an error of the system!")

    def on_serve(
        self, server: LiveReloadServer, *, config: MkDocsConfig, builder: Callable[..., Any]
    ) -> LiveReloadServer:
        """Let nothing end the preview that wants to end a build; show a build that breaks."""
        server.builder = endings.guarded(server.builder, _ended)
        if self.preview is not None:
            self.preview.attach(server)
            look_often(server, config)
            if self.runner and os.environ.get(WARM) != "false":
                self.runner.start_ahead(self.profile)
        return server

    def on_shutdown(self) -> None:
        """Stop the kernel, and give back what was lent; MkDocs calls this however it ends."""
        self._stop_kernel()
        if self.preview is not None:
            self.preview.close()
        if self.rendered is not None:
            self.rendered.close()
        self.rendered = None
        end = sys.exc_info()[1]
        # MkDocs' own end is on its way; who raised it again would keep MkDocs from its folder.
        if isinstance(end, SystemExit) and not isinstance(end, Abort):
            _ended(end)

    def _prepare_preview(self, preview: Preview, config: MkDocsConfig) -> None:
        try:
            if not preview.served:  # MkDocs itself looks only after the first build
                require_free(*config.dev_addr)
        except GuideError as error:
            raise PluginError(_in_one_line(error)) from None
        config.site_dir = preview.folder(config.site_dir)
        preview.memory.templates.list_once(config)
        if "llmstxt" in config.plugins:
            config.plugins["llmstxt"].config["sections"] = {}  # nobody waits for a page's Markdown

    def _stop_kernel(self) -> None:
        if self.runner is not None:
            self.runner.close()
            self.runner = None


def _ended(end: SystemExit) -> NoReturn:
    """Fail, with a line on what has ended the build, unless MkDocs itself has failed."""
    if isinstance(end, Abort):
        raise end
    log.error("%s", redaction.without_keys(endings.why_it_ended(end)))
    raise Abort("Aborted before the build was done!")


def _in_one_line(error: Exception) -> str:
    """Return what an error says; all that led to it is told by `mkdocs build --verbose`."""
    log.debug("%s", redaction.without_keys(long_story(error)))
    return redaction.without_keys(one_line(str(error)))

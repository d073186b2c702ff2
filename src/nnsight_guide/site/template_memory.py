"""What is kept of the theme's work: compiled templates and, in a preview, pages that they filled.

Jinja compiles the theme's templates for each build, and fills them for each page, though after most
edits all pages but one come out as they were.
"""

from contextlib import suppress
from pathlib import Path
from typing import Any

from jinja2 import BytecodeCache, Environment, Template, TemplateNotFound
from jinja2.bccache import Bucket
from jinja2.meta import find_referenced_templates
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files


class CompiledTemplates(BytecodeCache):
    """Templates that need not be compiled again, for as long as this process runs."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    @property
    def are_there(self) -> bool:
        """Whether there are any."""
        return bool(self._code)

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what was compiled from the same source."""
        if code := self._code.get(bucket.key):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._code[bucket.key] = bucket.bytecode_to_string()


class CompiledForTheme(CompiledTemplates):
    """The same, but for what was compiled under other settings.

    A hook may change the environment of a build, and does so only when its files are known.
    """

    def __init__(self) -> None:
        super().__init__()
        self._settings: Any = None

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what was compiled from the same source, under the same settings."""
        if self._settings == _settings(bucket.environment):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled, and nothing that was compiled under other settings."""
        if self._settings != (settings := _settings(bucket.environment)):
            self._settings = settings
            self._code.clear()
        super().dump_bytecode(bucket)


class TemplateMemory:
    """What builds before have made of templates."""

    def __init__(self) -> None:
        self._compiled = CompiledForTheme()
        self._words = CompiledTemplates()  # of the language, which plugins ask for before a build
        self._filled: dict[str, tuple[Any, str]] = {}
        self._listed: tuple[Any, list[str]] = (None, [])

    @property
    def are_compiled(self) -> bool:
        """Whether a build has compiled templates, or they were compiled ahead of it."""
        return self._compiled.are_there

    def list_once(self, config: MkDocsConfig) -> None:
        """Let MkDocs look for files only in the site's own part of the theme, not among its icons.

        There are 14,000 of them, each of which it holds against what is no file of a site.
        """
        get_env = config.theme.get_env

        def get_listed() -> Environment:
            environment = get_env()
            environment.bytecode_cache = self._words
            list_all = environment.list_templates

            def list_templates(*arguments: Any, **named: Any) -> list[str]:
                made_from = _of_theme(config)
                if self._listed[0] != made_from:
                    self._listed = made_from, list_all(*arguments, **named)
                return list(self._listed[1])

            environment.list_templates = list_templates  # type: ignore[method-assign]
            return environment

        config.theme.get_env = get_listed  # type: ignore[method-assign]

    def compile_ahead(self, config: MkDocsConfig) -> None:
        """Compile the templates of pages and of the theme's own files, and all that they name.

        Raises:
            TemplateError: one of them cannot be compiled.

        """
        environment = config.theme.get_env()
        self.reuse(environment)
        assert environment.loader is not None
        known = waiting = {"main.html", *config.theme.static_templates}
        while waiting:
            named: set[str] = set()
            for name in waiting:
                with suppress(TemplateNotFound):  # it may be included only where it is
                    environment.get_template(name)
                    source = environment.loader.get_source(environment, name)[0]
                    # None is a name that is known only when a page is filled.
                    named.update(filter(None, find_referenced_templates(environment.parse(source))))
            waiting = named - known
            known |= waiting

    def reuse(self, environment: Environment) -> None:
        """Let a build compile only what is not as it was."""
        environment.bytecode_cache = self._compiled

    def share(self, environment: Environment, config: MkDocsConfig, files: Files) -> None:
        """Let a build, beside what it can `reuse`, fill only what is not as it was.

        Args:
            environment: that of the theme, before the first template is taken from it.
            config: the build's.
            files: all files of the site; every page has its title.

        """
        of_all = (_of_theme(config), _of_pages(files))
        filled = self._filled

        class FilledOnce(Template):
            def render(self, *arguments: Any, **named: Any) -> str:
                page = {**dict(*arguments), **named}.get("page")
                if page is None:  # a search page, a map of the site: they show all pages
                    return super().render(*arguments, **named)
                made_from = (of_all, page.content, str(page.toc))
                known, html = filled.get(page.url, (None, ""))
                if known != made_from:
                    html = super().render(*arguments, **named)
                    filled[page.url] = (made_from, html)
                return html

        environment.template_class = FilledOnce


def _settings(environment: Environment) -> tuple[Any, ...]:
    """Return what decides to what a template is compiled, with all that is constant in it."""
    simple = {
        name: value
        for name, value in vars(environment).items()
        if value is None or isinstance(value, bool | str)
    }
    functions = {**environment.filters}, {**environment.tests}
    return (
        simple,
        environment.autoescape,
        environment.finalize,
        {*environment.extensions},
        *functions,
    )


def _of_theme(config: MkDocsConfig) -> tuple[Any, ...]:
    """Return what the theme is made from, but for what is installed: that stays as it is."""
    own = config.theme.custom_dir
    files = sorted(path for path in Path(own).rglob("*") if path.is_file()) if own else []
    return Path(config.config_file_path).read_bytes(), [(path, path.read_bytes()) for path in files]


def _of_pages(files: Files) -> list[tuple[Any, ...]]:
    """Return of all pages what others show of them in the navigation, and what they choose."""
    return [
        (file.src_uri, file.url, str(file.page.title), dict(file.page.meta))
        for file in files.documentation_pages()
        if file.page
    ]

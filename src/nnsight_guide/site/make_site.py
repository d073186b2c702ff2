"""`make site`: what is stale runs and MkDocs builds, unless the site that is there is the same."""

import os
import re
from collections.abc import Mapping
from contextlib import closing

from nnsight_guide.base.errors import GuideError
from nnsight_guide.base.project import HOST, Project
from nnsight_guide.model import profiles
from nnsight_guide.site import preview, stamp
from nnsight_guide.site.endings import run_mkdocs

# What mkdocs.yml takes from the environment: MkDocs would not name the variable.
ADDRESSES = {
    "GUIDE_SITE_URL": "https://example.org/guide/",
    "GUIDE_REPO_URL": "https://github.com/someone/guide",
}
ADDRESS = re.compile(r"https?://[\w.-]+(:\d+)?(/[^\s]*)?")
SWITCHES, POSITIONS = ("GUIDE_OFFLINE", preview.WARM), ("", "true", "false")


def check_settings(environ: Mapping[str, str] = os.environ) -> None:
    """Check the variables that mkdocs.yml reads.

    Raises:
        GuideError: one of them is set to what it cannot be.

    """
    for name, example in ADDRESSES.items():
        said = environ.get(name, "")
        if said and not ADDRESS.fullmatch(said):
            raise GuideError(f"{name} is '{said}': set it to an address such as {example}")
    for name in SWITCHES:
        if (said := environ.get(name, "")) not in POSITIONS:
            raise GuideError(f"{name} is '{said}': set it to true or false, or leave it away")


def build_site(*, verbose: bool = False) -> bool:
    """Build the site into site/, if anything has changed since that was done.

    Args:
        verbose: whether MkDocs tells the long story of an error.

    Returns:
        Whether there was anything to do.

    Raises:
        GuideError: this is no checkout, its profile or a setting cannot be used, or MkDocs ended
            before there was a site.
        SystemExit: MkDocs has failed, and said why.

    """
    check_settings()
    project, profile = Project.find(), profiles.current()
    sources = stamp.sources(project, profile)
    if stamp.is_built(project, sources):
        return False

    # From here on with all that runs snippets, which takes longer to import than to see that
    # nothing has to run.
    from nnsight_guide.run.plan import Plan
    from nnsight_guide.run.runner import Runner

    plan = Plan(project, profile)
    with closing(Runner(project, keeps_kernel=False)) as runner:
        runner.start_early(plan)
        # All of MkDocs takes a second, and to read its configuration a tenth: the kernel imports
        # meanwhile, too.
        named = stamp.named_in_config(project)
        from nnsight_guide.site.plugin import GuidePlugin

        GuidePlugin.runner, GuidePlugin.plan = runner, plan
        os.chdir(project.root)
        # Whatever folder the configuration names: here the stamp looks.
        run_mkdocs("build", "--site-dir", "site", *(["--verbose"] if verbose else []))
    stamp.remember(project, profile, sources, named)
    return True


def serve_site(port: int) -> None:
    """Serve the site on a port, and build it again at every change, until somebody ends that.

    Raises:
        GuideError: this is no checkout, a setting cannot be used, the port is taken, or something
            has ended MkDocs.
        SystemExit: MkDocs has failed, and said why.

    """
    check_settings()
    os.chdir(Project.find().root)
    preview.require_free(HOST, port)
    run_mkdocs("serve", "--dev-addr", f"{HOST}:{port}")

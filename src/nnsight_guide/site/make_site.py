"""`make site`: what is stale runs and MkDocs builds, unless the site that is there is the same."""

import os
from contextlib import closing

from nnsight_guide.base.project import Project
from nnsight_guide.model import profiles
from nnsight_guide.run.plan import Plan
from nnsight_guide.run.runner import Runner
from nnsight_guide.site import preview, stamp
from nnsight_guide.site.endings import run_mkdocs


def build_site(*, verbose: bool = False) -> bool:
    """Build the site into site/, if anything has changed since that was done.

    Args:
        verbose: whether MkDocs tells the long story of an error.

    Returns:
        Whether there was anything to do.

    Raises:
        GuideError: this is no checkout, its profile cannot be used, or MkDocs ended before there
            was a site.
        SystemExit: MkDocs has failed, and said why.

    """
    project, profile = Project.find(), profiles.current()
    sources = stamp.sources(project, profile)
    if stamp.is_built(project, sources):
        return False
    named = stamp.named_in_config(project)
    plan = Plan(project, profile)
    with closing(Runner(project)) as runner:
        runner.start_early(plan)
        # With all of MkDocs, which takes a second: the kernel imports meanwhile, too.
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
        GuideError: this is no checkout, the port is taken, or something has ended MkDocs.
        SystemExit: MkDocs has failed, and said why.

    """
    os.chdir(Project.find().root)
    preview.require_free(preview.HOST, port)
    run_mkdocs("serve", "--dev-addr", f"{preview.HOST}:{port}")

"""As much of the Hugging Face hub as it takes to look up and to load one model.

nnsight asks the hub for a model's canonical id before it sends a job, so a client of this
service has it for a hub as well (`HF_ENDPOINT`). The files are served, too: a reader with an
empty cache and no checkout loads configuration and tokenizer from here.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from nnsight_guide.model.profiles import GPT_J


@dataclass(frozen=True)
class Hub:
    """A hub with the one repository `repo_id`, of one revision, whose files are in `folder`.

    Attributes:
        sizes: the files by name, with their sizes in bytes.
        commit: a hash over the contents, as the hub names a revision.

    """

    repo_id: str
    folder: Path
    sizes: dict[str, int]
    commit: str

    @classmethod
    def of(cls, repo_id: str, folder: Path) -> Self:
        """Read the checkpoint in `folder`, every file once.

        Raises:
            OSError: a file cannot be read.

        """
        sizes = {}
        commit = hashlib.sha1(usedforsecurity=False)  # forty digits, as the hub's
        for path in sorted(path for path in folder.iterdir() if path.is_file()):
            content = path.read_bytes()
            sizes[path.name] = len(content)
            commit.update(f"{path.name}\0{len(content)}\0".encode())
            commit.update(content)
        return cls(repo_id, folder, sizes, commit.hexdigest())

    def routes(self) -> list[Route]:
        """Return the addresses that the hub's client asks for."""
        repo = "{owner}/{name}"
        return [
            Route(f"/api/models/{repo}", self.model),
            Route(f"/api/models/{repo}/revision/{{revision}}", self.model),
            Route(f"/api/models/{repo}/tree/{{revision}}", self.tree),
            Route(f"/api/models/{repo}/tree/{{revision}}/{{path:path}}", self.no_subfolder),
            Route(f"/{repo}/resolve/{{revision}}/{{file:path}}", self.file),
        ]

    async def model(self, request: Request) -> Response:
        """Describe the repository; its `id` is what nnsight is after."""
        # Known by name, so that asking whether it is live gets a No, as from NDIF, not an error.
        if _repo(request).lower() == GPT_J.lower():
            return JSONResponse({"id": GPT_J, "modelId": GPT_J, "tags": [], "siblings": []})
        if refusal := self._refusal(request):
            return refusal
        return JSONResponse(
            {
                "id": self.repo_id,
                "modelId": self.repo_id,
                "sha": self.commit,
                "private": False,
                "tags": ["transformers"],
                "pipeline_tag": "text-generation",
                "siblings": [{"rfilename": name} for name in self.sizes],
            }
        )

    async def tree(self, request: Request) -> Response:
        """List the files."""
        return self._refusal(request) or JSONResponse(
            [
                {"type": "file", "path": name, "size": size, "oid": self.commit}
                for name, size in self.sizes.items()
            ]
        )

    async def no_subfolder(self, request: Request) -> Response:
        """Answer for a folder: the repository has none."""
        path = request.path_params["path"]
        return self._refusal(request) or _not_found("EntryNotFound", f"there is no {path!a}")

    async def file(self, request: Request) -> Response:
        """Send a file, or for HEAD its size, revision and tag."""
        if refusal := self._refusal(request):
            return refusal
        name = request.path_params["file"]
        commit = {"X-Repo-Commit": self.commit}
        # Only names that were listed are ever joined to the folder.
        if name not in self.sizes:
            return _not_found("EntryNotFound", f"{self.repo_id} has no {name!a}", commit)
        tag = hashlib.sha1(f"{self.commit}/{name}".encode(), usedforsecurity=False).hexdigest()
        return FileResponse(self.folder / name, headers={**commit, "ETag": f'"{tag}"'})

    def _refusal(self, request: Request) -> Response | None:
        if _repo(request).lower() != self.repo_id.lower():
            return _not_found(
                "RepoNotFound",
                f"the loopback service stands in for the hub, and has {self.repo_id} only",
            )
        revision = request.path_params.get("revision", "main")
        if revision not in ("main", self.commit):
            return _not_found(
                "RevisionNotFound", f"{self.repo_id} has one revision, main, and no {revision!a}"
            )
        return None


def _repo(request: Request) -> str:
    return f"{request.path_params['owner']}/{request.path_params['name']}"


def _not_found(code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    """Refuse in the hub's way: its client chooses the exception by the code.

    The message travels in a header as well, so it must be ASCII.
    """
    return JSONResponse(
        {"error": message},
        status_code=404,
        headers={"X-Error-Code": code, "X-Error-Message": message, **(headers or {})},
    )

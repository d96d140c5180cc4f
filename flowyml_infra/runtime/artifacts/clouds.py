"""Owns the artifact stores of the clouds: each is its filesystem's URI, made from the names that the cloud uses."""

from __future__ import annotations

from flowyml_infra.runtime.artifacts.remote import RemoteArtifactStore


class S3ArtifactStore(RemoteArtifactStore):
    """Artifacts in an S3 bucket; needs the extra ``aws`` (s3fs).

    Args:
        bucket: The bucket's name.
        prefix: A folder in it.
        region: The bucket's region, where it is not the one that the credentials have.
        endpoint_url: Another service that speaks S3.
    """

    def __init__(
        self, bucket: str, prefix: str = "", *, region: str | None = None, endpoint_url: str | None = None
    ) -> None:
        client = {} if region is None else {"client_kwargs": {"region_name": region}}
        endpoint = {} if endpoint_url is None else {"endpoint_url": endpoint_url}
        super().__init__(_uri("s3", bucket, prefix), **client, **endpoint)
        self.bucket = bucket


class GCSArtifactStore(RemoteArtifactStore):
    """Artifacts in a Google Cloud Storage bucket; needs the extra ``gcp`` (gcsfs).

    Args:
        bucket: The bucket's name.
        prefix: A folder in it.
        project_id: The project that requests are made for.
    """

    def __init__(self, bucket: str, prefix: str = "", *, project_id: str | None = None) -> None:
        options = {} if project_id is None else {"project": project_id}
        super().__init__(_uri("gs", bucket, prefix), **options)
        self.bucket = bucket


class AzureBlobStore(RemoteArtifactStore):
    """Artifacts in a container of Azure Blob Storage; needs the extra ``azure`` (adlfs).

    Args:
        account: The storage account's name.
        container: The container's name.
        prefix: A folder in it.
    """

    def __init__(self, account: str, container: str, prefix: str = "") -> None:
        super().__init__(_uri("abfs", f"{container}@{account}.dfs.core.windows.net", prefix))
        self.account = account
        self.container = container


def _uri(scheme: str, place: str, prefix: str) -> str:
    return f"{scheme}://{place}/{prefix.strip('/')}".rstrip("/")

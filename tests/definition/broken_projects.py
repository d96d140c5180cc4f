"""flowyml.yaml files that are wrong: each problem's ``line:column``, words of its summary, words of its hint."""

from __future__ import annotations

BROKEN_PROJECTS = {
    "a list": ("- a\n", [("1:1", ("not a mapping",), ("project:",))]),
    "an unknown section": (
        "project: {name: a}\nenvironment: {}\n",
        [("2:1", ("no key 'environment'",), ("did you mean 'environments'",))],
    ),
    "a key that belongs in a section": (
        "allowed_stacks: [a]\n",
        [("1:1", ("no key 'allowed_stacks'",), ("policies.allowed_stacks",))],
    ),
    "a misspelt policy": (
        "policies:\n  allowed_stack: [a]\n",
        [("2:3", ("policies has no key 'allowed_stack'",), ("did you mean 'allowed_stacks'",))],
    ),
    "a policy whose entries were all commented out": (
        "policies:\n  allowed_stacks:\n    # - prod-*\n",
        [("2:18", ("policies.allowed_stacks has no value", "switch the rule off"), ("[] allows nothing",))],
    ),
    "an image policy whose entries were all commented out": (
        "policies:\n  image_policy:\n    allowed_registries: null\n",
        [("3:25", ("policies.image_policy.allowed_registries has no value",), ("remove the key",))],
    ),
    "a policy that is no list": (
        "policies:\n  allowed_stacks: prod-*\n",
        [("2:19", ("policies.allowed_stacks must be a list", "'prod-*'"), ("[prod-*]",))],
    ),
    "a policy with a number in it": (
        "policies:\n  required_labels:\n    - team\n    - 7\n",
        [("4:7", ("policies.required_labels[1]", "number 7"), ('quote it: "7"',))],
    ),
    "a misspelt image policy": (
        "policies:\n  image_policy:\n    allowed_registry: [gcr.io]\n",
        [("3:5", ("policies.image_policy", "'allowed_registry'"), ("did you mean 'allowed_registries'",))],
    ),
    "an environment that is a text": (
        "environments:\n  dev: local\n",
        [("2:8", ("environments.dev must be a mapping", "'local'"), ("stack, overrides, protect",))],
    ),
    "an environment with a bad name": (
        "environments:\n  Production:\n    stack: prod\n",
        [("2:3", ("'Production'", "lower-case"), ("production",))],
    ),
    "an environment with a misspelt key": (
        "environments:\n  dev:\n    stak: local\n",
        [("3:5", ("environments.dev has no key 'stak'",), ("did you mean 'stack'",))],
    ),
    "yes for protect": (
        "environments:\n  prod:\n    protect: yes\n",
        [("3:14", ("environments.prod.protect must be true or false", "'yes'"), ("write true",))],
    ),
    "overrides that are a text": (
        "environments:\n  prod:\n    overrides: none\n",
        [("3:16", ("environments.prod.overrides must be a mapping",), ("indented",))],
    ),
    "a stack of an unknown type": (
        "stacks:\n  prod:\n    type: google\n",
        [("3:11", ("stacks.prod.type is 'google'",), ("local, aws, gcp, azure, kubernetes",))],
    ),
    "a stack of a misspelt type": (
        "stacks:\n  prod:\n    type: azzure\n",
        [("3:11", ("'azzure'",), ("did you mean 'azure'",))],
    ),
    "a stack with a misspelt key": (
        "stacks:\n  prod:\n    type: gcp\n    projectid: a\n    buckt_name: b\n",
        [
            ("4:5", ("stacks.prod has no key 'projectid'",), ("did you mean 'project_id'",)),
            ("5:5", ("stacks.prod has no key 'buckt_name'",), ("did you mean 'bucket_name'",)),
        ],
    ),
    "a stack with a key of another provider": (
        "stacks:\n  dev:\n    type: local\n    project_id: a\n",
        [("4:5", ("stacks.dev has no key 'project_id'",), ("artifact_path",))],
    ),
    "a stack with nothing in it": (
        "stacks:\n  dev:\n",
        [("2:7", ("stacks.dev must be a mapping", "empty"), ("remove the key",))],
    ),
    "the built-in stack in a cloud": (
        "stacks:\n  local:\n    type: aws\n",
        [("3:11", ("'local'", "built-in"), ("rename",))],
    ),
    "a stack that is a manifest and more": (
        "stacks:\n  prod:\n    manifest: stacks/prod.yaml\n    labels: {a: b}\n",
        [("4:5", ("stacks.prod has no key 'labels'",), ("manifest",))],
    ),
    "a source of an unknown type": (
        "sources:\n  - type: github\n    url: https://example.com\n",
        [("2:11", ("sources[0].type is 'github'", "git"), ())],
    ),
    "sources that are a mapping": (
        "sources:\n  type: local\n",
        [("1:1", ("sources must be a list", "a mapping"), ())],
    ),
    "a state without a scheme": (
        "state:\n  url: .flowyml/state.db\n",
        [("2:8", ("state.url is no database URL",), ("sqlite:///.flowyml/state.db",))],
    ),
    "a state whose variable is not set": (
        "state:\n  url: postgresql://${DB_HOST}/flowyml\n",
        [("2:21", ("DB_HOST is not set",), ("export DB_HOST",))],
    ),
    "an active stack that is no name": (
        "active_stack: My Stack\n",
        [("1:15", ("active_stack", "'My Stack'"), ("my-stack",))],
    ),
    "a life time without a unit": (
        "preview:\n  ttl: 72\n",
        [("2:8", ("preview.ttl must be a text", "72"), ('"72"',))],
    ),
    "a life time in words": (
        "preview:\n  ttl: three days\n",
        [("2:8", ("preview.ttl", "'three days'"), ("72h",))],
    ),
    "an engine with a misspelt key": (
        "engine:\n  paralelism: 4\n",
        [("2:3", ("engine has no key 'paralelism'",), ("did you mean 'parallelism'",))],
    ),
    "an engine that does nothing at once": (
        "engine:\n  parallelism: 0\n",
        [("2:16", ("engine.parallelism", "at least 1"), ())],
    ),
    "an engine's parallelism in words": (
        "engine:\n  parallelism: many\n",
        [("2:16", ("engine.parallelism", "whole number"), ())],
    ),
    "a backend of an unknown scheme": (
        "engine:\n  backend: s4://team\n",
        [("2:12", ("engine.backend", "'s4'", "s3://"), ("leave it out",))],
    ),
    "a backend that is no URL": (
        "engine:\n  backend: engine-record\n",
        [("2:12", ("engine.backend is no URL",), ("file://", "postgres://"))],
    ),
    "a backend without a name": (
        "engine:\n  backend: s3://\n",
        [("2:12", ("engine.backend names nothing after s3://",), ("bucket",))],
    ),
    "plugins that are fetched now and then": (
        "engine:\n  plugins:\n    download: sometimes\n",
        [("3:15", ("engine.plugins.download must be true or false", "'sometimes'"), ())],
    ),
    "a budget below zero": ("preview:\n  budget: -5\n", [("2:11", ("preview.budget",), ())]),
    "variables that are no list": (
        "variables:\n  allow: REGION\n",
        [("2:10", ("variables.allow must be a list",), ("[REGION]",))],
    ),
    "a project name from a secret": (
        "project:\n  name: ${APP_TOKEN}\n",
        [("2:9", ("project.name", "secret APP_TOKEN"), ("write the value",))],
    ),
    "a pattern that is no template": (
        "variables:\n  allow: ['${A']\n",
        [("2:11", ("variables.allow[0]", "never closed"), ("'}'",))],
    ),
    "an encryption that there is not": (
        "state:\n  encryption: none\n",
        [("2:15", ("state.encryption is 'none'",), ("envelope",))],
    ),
    "a section given twice": (
        "project: {name: a}\nstacks: {}\nproject: {name: b}\n",
        [("3:1", ("'project'", "twice"), ("line 1",))],
    ),
    "a tab": ("project:\n\tname: a\n", [("2:1", ("tab",), ("spaces",))]),
}

"""Permissions of Amazon EC2 ("Actions, resources, and condition keys for Amazon EC2").

An operation needs its action on every resource that its parameters name, and on what it makes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from .call import Call, Context
from .compute_names import id_of, parameters_of
from .compute_rows import PARAMETERS, PREFIXES, ROWS, WITHOUT_ACCOUNT
from .keys import given_keys, resource_tags, tag_request, tags_in
from .passing import passed_role
from .rows import Find, Resource, Row, on, service
from .state import peek

if TYPE_CHECKING:
    from moto.ec2.models import EC2Backend
    from moto.iam.models import IAMBackend

_EC2: Final = "ec2.amazonaws.com"


def _backend(call: Call) -> EC2Backend | None:
    backend: EC2Backend | None = peek(
        "moto.ec2.models", "ec2_backends", call.account_id, call.region
    )
    return backend


def _resource(call: Call, kind: str, name: str) -> Resource:
    """Return a resource, with its tags.

    :param name: its id; of a key pair, its name
    """
    account = "" if kind in WITHOUT_ACCOUNT else call.account_id
    arn = f"arn:{call.partition}:ec2:{call.region}:{account}:{kind}/{name}"
    backend = _backend(call)
    tags = None
    if backend is not None:
        resource_id = name
        if kind == "key-pair" and (pair := backend.key_pairs.get(name)) is not None:
            resource_id = pair.id
        tags = backend.tags.get(resource_id)
    return Resource(arn, resource_tags(tags, "ec2:ResourceTag"), account or None)


def _by_id(call: Call, resource_id: str) -> Resource:
    kind = PREFIXES.get(resource_id.rpartition("-")[0], "*")
    if kind == "key-pair":
        resource_id = id_of(_backend(call), kind, "KeyPairId", resource_id)
    return _resource(call, kind, resource_id)


def _named(given: Any, parameter: str) -> Iterator[str]:
    first, _, rest = parameter.partition(".")
    value = given.get(first) if isinstance(given, dict) else None
    for item in value if isinstance(value, list) else (value,):
        if rest:
            yield from _named(item, rest)
        elif isinstance(item, str) and item:
            yield item


def _existing(kind: str) -> Callable[[Call], Iterable[Resource]]:
    parameters = PARAMETERS[kind]

    def find(call: Call) -> Iterable[Resource]:
        for parameter in parameters:
            for name in _named(call.parameters, parameter):
                yield _by_id(call, name) if kind == "any" else _resource(call, kind, name)
        for parameter in parameters_of(kind):
            for name in _named(call.parameters, parameter):
                yield _resource(call, kind, id_of(_backend(call), kind, parameter, name))

    return find


def _tags_of_new(call: Call, kind: str) -> Context:
    of_fleet = call.members("SpotFleetRequestConfig").get("TagSpecifications")
    for specification in of_fleet or call.items("TagSpecifications"):
        if isinstance(specification, dict) and specification.get("ResourceType") == kind:
            return tag_request(tags_in(specification.get("Tags")))
    return {}


def _made(kind: str) -> Callable[[Call], Iterable[Resource]]:
    def find(call: Call) -> Iterable[Resource]:
        made = _resource(call, kind, "*")
        return (made._replace(context=_tags_of_new(call, kind)),)

    return find


def _tagged(kind: str) -> Find:
    """Find what an operation makes, if it tags that at once."""

    def find(call: Call) -> Iterable[Resource]:
        tags = _tags_of_new(call, kind)
        if tags:
            context = {**tags, "ec2:CreateAction": call.operation}
            yield _resource(call, kind, "*")._replace(context=context)

    return find


def _rows() -> Iterator[list[Row]]:
    for kinds, operations in ROWS:
        for kind in kinds.split():
            name = kind.rstrip("+")
            if kind == name:
                yield on(_existing(kind), operations)
            else:
                yield on(_made(name), operations)
                yield on(_tagged(name), _tagging(operations))


def _tagging(operations: str) -> str:
    return " ".join(f"{operation}=CreateTags" for operation in operations.split())


# Instances

#: What an instance is made of, though nobody names it.
_OF_INSTANCE: Final = ("instance", "network-interface", "volume")


def _launched(call: Call) -> Iterable[Resource]:
    """Find what an instance is made from; its subnet and security group may be the default ones."""
    for kind in _OF_INSTANCE:
        yield from _made(kind)(call)
    for kind in ("image", "key-pair", "launch-template"):
        yield from _existing(kind)(call)
    interfaces = [item for item in call.items("NetworkInterfaces") if isinstance(item, dict)]
    for kind, one, several in (
        ("subnet", "SubnetId", ()),
        ("security-group", "", ("Groups",)),
    ):
        found = list(_existing(kind)(call))
        for interface in interfaces:
            names = [interface.get(one), *(interface.get(several[0]) or [] if several else [])]
            found += [_resource(call, kind, name) for name in names if isinstance(name, str)]
        yield from found or [_resource(call, kind, "*")]


def _profile(call: Call) -> Iterable[Resource]:
    """Find the role of the instance profile that a call gives to an instance."""
    given = call.members("IamInstanceProfile")
    arn, name = given.get("Arn"), given.get("Name")
    name = arn.rpartition("/")[2] if isinstance(arn, str) and arn else name
    backend: IAMBackend | None = peek(
        "moto.iam.models", "iam_backends", call.account_id, call.partition
    )
    profile = backend.instance_profiles.get(name) if backend is not None and name else None
    for role in list(profile.roles) if profile is not None else ():
        yield passed_role(role.arn, _EC2)


def _associated(call: Call) -> Iterable[Resource]:
    """Find the instance that an instance profile was given to."""
    association_id = call.text("AssociationId")
    backend = _backend(call)
    associations = backend.iam_instance_profile_associations if backend is not None else {}
    for association in list(associations.values()):
        if association.association_id == association_id:
            return (_resource(call, "instance", association.instance_id),)
    return (_resource(call, "instance", "*"),)


def _attached(call: Call) -> Iterable[Resource]:
    """Find a network interface, and the instance that it is attached to."""
    attachment_id = call.text("AttachmentId")
    backend = _backend(call)
    for interface in list(backend.enis.values()) if backend is not None else ():
        if attachment_id is not None and interface.attachment_id == attachment_id:
            yield _resource(call, "network-interface", interface.id)
            if interface.instance is not None:
                yield _resource(call, "instance", interface.instance.id)
            return
    yield _resource(call, "network-interface", "*")


def _some(kind: str) -> Find:
    """Find all of a kind: which one it is, or will be, no parameter tells."""
    return lambda call: (_resource(call, kind, "*"),)


def _region(call: Call) -> Context:
    return {"ec2:Region": call.region}


EC2 = service(
    "ec2",
    *_rows(),
    on(_launched, "RunInstances", given_keys({"InstanceType": "ec2:InstanceType"})),
    *(on(_tagged(kind), "RunInstances=CreateTags") for kind in _OF_INSTANCE),
    on(
        _profile,
        "AssociateIamInstanceProfile=iam:PassRole RunInstances=iam:PassRole"
        " ReplaceIamInstanceProfileAssociation=iam:PassRole",
    ),
    on(_attached, "DetachNetworkInterface"),
    on(_some("subnet"), "DisassociateSubnetCidrBlock"),
    on(_some("volume"), "ImportVolume"),
    on(_associated, "DisassociateIamInstanceProfile ReplaceIamInstanceProfileAssociation"),
    keys=(_region,),
)

"""What each source of moto was when the seams that lean on it were written, as digests.

When moto changes one of them, a test says so by name: the seam is to be read again beside the new
source.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
from collections.abc import Mapping
from typing import Any

#: The moto versions whose sources have the digests below.
VERSIONS_CHECKED = ("5.2.5",)

#: Module, qualified name, and the beginning of the SHA-256 of the source.
_SOURCES: Mapping[str, Mapping[str, str]] = {
    "moto.backends": {
        "_import_backend": "2e28baa6595a7d79",
        "get_backend": "cbb3e97d7b1f06ef",
        "list_of_moto_modules": "4f741a10b06500e8",
    },
    "moto.cloudformation.models": {
        "ChangeSet": "501edfb7098412c7",
        "CloudFormationBackend.create_stack": "dcb835c34772ed6c",
        "CloudFormationBackend.delete_stack": "d0113177c342c294",
        "CloudFormationBackend.execute_change_set": "1090cb5b81abc8ff",
        "CloudFormationBackend.update_stack": "83a62d954ef05565",
        "Stack": "740c2114af484c2f",
    },
    "moto.cloudformation.parsing": {
        "OutputMap": "7f8f1a5e441efdf2",
        "ResourceMap": "bcca4000b435e7fb",
        "get_model_list": "f951e0f10931343f",
        "get_model_map": "fb06726090724d5f",
        "get_name_type_map": "989cac962ee065eb",
        "parse_and_create_resource": "ea3c10d68d2c03e6",
        "parse_and_update_resource": "2ef032cfb9ed3c9b",
        "parse_output": "9bc7b7e4d20e2af4",
        "resource_class_from_type": "ca766bc34c1950ae",
        "resource_name_property_from_type": "e67cac2719abc9e7",
    },
    "moto.cloudtrail.models": {
        "CloudTrailBackend": "3b65ab2746ce5f22",
        "Trail": "97176856fd62d33d",
        "TrailStatus": "e9b8fee9719e1462",
    },
    "moto.cloudtrail.responses": {
        "CloudTrailResponse": "c46fe68d07188f5d",
    },
    "moto.core.authorization": {
        "ActionAuthenticatorMixin._authenticate_and_authorize_action": "f8cfc0296ca017fa",
        "ActionAuthenticatorMixin._authenticate_and_authorize_normal_action": "eaa6fd7174850bcb",
        "ActionAuthenticatorMixin._authenticate_and_authorize_s3_action": "f42e68966e400a18",
    },
    "moto.core.base_backend": {
        "AccountSpecificBackend.__getitem__": "b10167294fc00376",
        "BaseBackend._url_module": "0ca6b9bd8269474e",
        "BaseBackend.flask_paths": "83073833d1b0225a",
        "BaseBackend.urls": "56c80a13356d740b",
    },
    "moto.core.botocore_stubber": {
        "BotocoreStubber.__call__": "6cbb7bf98afec5c8",
        "BotocoreStubber.process_prepared_request": "a1b4986472e0d643",
        "BotocoreStubber.process_request": "f79a1a778c7e755f",
    },
    "moto.core.common_models": {
        "BaseModel": "c9c3cfdda1d3a82d",
    },
    "moto.core.models": {
        "MockAWS.__init__": "8d823bc2cb4e54fe",
        "MockAWS._enable_patching": "68bca5576a322f68",
        "MockAWS.start": "e185f8f4c11b21f9",
        "MockAWS.stop": "cfd7b87adc5fbfbf",
    },
    "moto.core.request": {
        "Request.raw_url": "cc7adbe7c26aa5d8",
    },
    "moto.core.responses": {
        "BaseResponse._dispatch": "446e22484251a00b",
        "BaseResponse._get_action": "6430b292c4321773",
        "BaseResponse._get_action_from_method_and_request_uri": "2642f0e466dc6da9",
        "BaseResponse.call_action": "26076963fd17fd1a",
        "BaseResponse.decompress_request_body": "c054a900806c9620",
        "BaseResponse.determine_response_protocol": "7c14e74ba003cf89",
        "BaseResponse.get_access_key": "d2140f0641334d03",
        "BaseResponse.get_current_account": "73816bc147411960",
        "BaseResponse.get_region_from_url": "f26e68bd6df666c3",
        "BaseResponse.setup_class": "0045fc77574abb17",
    },
    "moto.core.serialize": {
        "AttributePicker": "de1006e71db016d4",
        "ClassPrefixAlias": "badfb8d077e500ff",
        "ExplicitAlias": "50e6df2c5ef1bb8c",
        "ModelAlias": "dc305f0cc88422f9",
        "ShapeNameAlias": "3aac05bf01b44d5c",
        "ShapePrefixAlias": "bc24d299803babd2",
    },
    "moto.core.utils": {
        "convert_to_flask_response": "8233042e603c198f",
        "method_names_from_class": "9dbac89d082b655f",
    },
    "moto.eks.models": {
        "Cluster": "aa2157e6418e8a6b",
        "EKSBackend.create_cluster": "8d86773d4ca0d8df",
        "EKSBackend.delete_cluster": "ea0d9d21e67f488b",
        "FargateProfile": "0851678ecc19996f",
        "Nodegroup": "6637f970dfda010a",
    },
    "moto.eks.utils": {
        "validate_role_arn": "4b819373d2e044d4",
    },
    "moto.eks.responses": {
        "EKSResponse": "a18cd1269e65189c",
    },
    "moto.events.models": {
        "EventPattern.matches_event": "3e71eb7ff5903b50",
        "Rule.send_to_targets": "472e002e2dab8a59",
    },
    "moto.iam.access_control": {
        "IAMRequest": "71ba2dc9468e1ff4",
        "IAMRequestBase": "4a2461914adc9429",
        "S3IAMRequest": "d4ee1af5e8f859c4",
    },
    "moto.iam.models": {
        "AccessKey": "ed4c8a64d90e5ce1",
        "ManagedPolicy": "76eb1fd2b80fc339",
        "OpenIDConnectProvider": "897cc33201d5a670",
        "Policy": "f15a0d3ca9f5ce43",
        "PolicyVersion": "0805a27a2b10b953",
        "Role": "3e4a0c1b164332e7",
    },
    "moto.moto_proxy.proxy3": {
        "MotoRequestHandler.get_handler_for_host": "8e6d1d5079410208",
        "MotoRequestHandler.parse_request": "7d812d7194b1ba43",
        "ProxyRequestHandler.do_GET": "02c1ea912da4c527",
    },
    "moto.moto_server.werkzeug_app": {
        "DomainDispatcherApplication.get_application": "0ff6939685bde917",
        "DomainDispatcherApplication.get_backend_for_host": "1f41972c1e4e660f",
        "DomainDispatcherApplication.infer_service_region_host": "b4fac9b6aa6baef1",
        "create_backend_app": "a317751ebd1c922b",
    },
    "moto.s3.models": {
        "FakeBucket.get_permission": "7571412a3495a0e3",
        "S3Backend.put_object": "db803f2da9d786ad",
    },
    "moto.s3.responses": {
        "S3Response._bucket_response_delete_keys": "a916d30f74156b19",
        "S3Response._bucket_response_post": "5a5db8c38c8f1648",
        "S3Response._key_response": "eb67586ff76b3d9c",
    },
    "moto.sts.models": {
        "AssumedRole": "34cceb24be9fa68c",
        "STSBackend": "66a236d780753c09",
    },
    "moto.sts.responses": {
        "TokenResponse": "ecdc53de674af81a",
    },
    "moto.utilities.utils": {
        "get_partition": "75ac504b1702f0a4",
    },
}

#: The same by ``module:qualified.name``.
DIGESTS: Mapping[str, str] = {
    f"{module}:{name}": digest
    for module, sources in _SOURCES.items()
    for name, digest in sources.items()
}


def current_digest(upstream: str) -> str:
    """Return the digest of a source as it is in the moto that is installed.

    :param upstream: ``module:qualified.name`` of a class, function, method or property
    """
    module, _, path = upstream.partition(":")
    thing: Any = importlib.import_module(module)
    for part in path.split("."):
        thing = (
            inspect.getattr_static(thing, part) if inspect.isclass(thing) else getattr(thing, part)
        )
    if isinstance(thing, property):
        thing = thing.fget
    if isinstance(thing, (classmethod, staticmethod)):
        thing = thing.__func__
    return hashlib.sha256(inspect.getsource(thing).encode()).hexdigest()[:16]

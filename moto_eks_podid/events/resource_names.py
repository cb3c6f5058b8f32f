"""Which members of records name resources, as LookupEvents lists them.

The types are those of CloudFormation where it has one ("Supported resource types" of the CloudTrail
event history).
"""

from __future__ import annotations

_REQUEST = "requestParameters"
_RESPONSE = "responseElements"

#: By event source: paths into the record, and the type of what is found there. A path leads through
#: lists to each of their items.
RESOURCE_NAMES: dict[str, tuple[tuple[str, str], ...]] = {
    "cloudformation.amazonaws.com": (
        (f"{_REQUEST}.stackName", "AWS::CloudFormation::Stack"),
        (f"{_RESPONSE}.stackId", "AWS::CloudFormation::Stack"),
    ),
    "cloudtrail.amazonaws.com": (
        (f"{_REQUEST}.name", "AWS::CloudTrail::Trail"),
        (f"{_REQUEST}.trailName", "AWS::CloudTrail::Trail"),
        (f"{_REQUEST}.s3BucketName", "AWS::S3::Bucket"),
        (f"{_RESPONSE}.trailARN", "AWS::CloudTrail::Trail"),
    ),
    "dynamodb.amazonaws.com": ((f"{_REQUEST}.tableName", "AWS::DynamoDB::Table"),),
    "ec2.amazonaws.com": (
        (f"{_REQUEST}.instancesSet.items.instanceId", "AWS::EC2::Instance"),
        (f"{_REQUEST}.instanceId", "AWS::EC2::Instance"),
        (f"{_REQUEST}.imageId", "AWS::EC2::Ami"),
        (f"{_REQUEST}.keyName", "AWS::EC2::KeyPair"),
        (f"{_REQUEST}.groupId", "AWS::EC2::SecurityGroup"),
        (f"{_REQUEST}.groupName", "AWS::EC2::SecurityGroup"),
        (f"{_REQUEST}.subnetId", "AWS::EC2::Subnet"),
        (f"{_REQUEST}.volumeId", "AWS::EC2::Volume"),
        (f"{_REQUEST}.vpcId", "AWS::EC2::VPC"),
        (f"{_RESPONSE}.instancesSet.items.instanceId", "AWS::EC2::Instance"),
        (f"{_RESPONSE}.groupId", "AWS::EC2::SecurityGroup"),
        (f"{_RESPONSE}.subnet.subnetId", "AWS::EC2::Subnet"),
        (f"{_RESPONSE}.volumeId", "AWS::EC2::Volume"),
        (f"{_RESPONSE}.vpc.vpcId", "AWS::EC2::VPC"),
    ),
    "ecr.amazonaws.com": ((f"{_REQUEST}.repositoryName", "AWS::ECR::Repository"),),
    "ecs.amazonaws.com": (
        (f"{_REQUEST}.clusterName", "AWS::ECS::Cluster"),
        (f"{_REQUEST}.cluster", "AWS::ECS::Cluster"),
    ),
    "eks-auth.amazonaws.com": ((f"{_REQUEST}.clusterName", "AWS::EKS::Cluster"),),
    "eks.amazonaws.com": (
        (f"{_REQUEST}.name", "AWS::EKS::Cluster"),
        (f"{_REQUEST}.nodegroupName", "AWS::EKS::Nodegroup"),
        (f"{_REQUEST}.fargateProfileName", "AWS::EKS::FargateProfile"),
        (f"{_REQUEST}.addonName", "AWS::EKS::Addon"),
        (f"{_REQUEST}.associationId", "AWS::EKS::PodIdentityAssociation"),
        (f"{_RESPONSE}.association.associationId", "AWS::EKS::PodIdentityAssociation"),
        (f"{_RESPONSE}.association.associationArn", "AWS::EKS::PodIdentityAssociation"),
    ),
    "iam.amazonaws.com": (
        (f"{_REQUEST}.accessKeyId", "AWS::IAM::AccessKey"),
        (f"{_REQUEST}.groupName", "AWS::IAM::Group"),
        (f"{_REQUEST}.instanceProfileName", "AWS::IAM::InstanceProfile"),
        (f"{_REQUEST}.openIDConnectProviderArn", "AWS::IAM::OIDCProvider"),
        (f"{_REQUEST}.policyArn", "AWS::IAM::Policy"),
        (f"{_REQUEST}.policyName", "AWS::IAM::Policy"),
        (f"{_REQUEST}.roleName", "AWS::IAM::Role"),
        (f"{_REQUEST}.userName", "AWS::IAM::User"),
        (f"{_RESPONSE}.accessKey.accessKeyId", "AWS::IAM::AccessKey"),
        (f"{_RESPONSE}.group.arn", "AWS::IAM::Group"),
        (f"{_RESPONSE}.instanceProfile.arn", "AWS::IAM::InstanceProfile"),
        (f"{_RESPONSE}.openIDConnectProviderArn", "AWS::IAM::OIDCProvider"),
        (f"{_RESPONSE}.policy.arn", "AWS::IAM::Policy"),
        (f"{_RESPONSE}.role.roleId", "AWS::IAM::Role"),
        (f"{_RESPONSE}.role.arn", "AWS::IAM::Role"),
        (f"{_RESPONSE}.user.userId", "AWS::IAM::User"),
        (f"{_RESPONSE}.user.arn", "AWS::IAM::User"),
    ),
    "kms.amazonaws.com": (
        (f"{_REQUEST}.keyId", "AWS::KMS::Key"),
        (f"{_REQUEST}.aliasName", "AWS::KMS::Alias"),
    ),
    "lambda.amazonaws.com": (
        (f"{_REQUEST}.functionName", "AWS::Lambda::Function"),
        (f"{_RESPONSE}.functionArn", "AWS::Lambda::Function"),
    ),
    "logs.amazonaws.com": ((f"{_REQUEST}.logGroupName", "AWS::Logs::LogGroup"),),
    "rds.amazonaws.com": (
        (f"{_REQUEST}.dBInstanceIdentifier", "AWS::RDS::DBInstance"),
        (f"{_REQUEST}.dBClusterIdentifier", "AWS::RDS::DBCluster"),
    ),
    "s3.amazonaws.com": ((f"{_REQUEST}.bucketName", "AWS::S3::Bucket"),),
    "secretsmanager.amazonaws.com": (
        (f"{_REQUEST}.secretId", "AWS::SecretsManager::Secret"),
        (f"{_REQUEST}.name", "AWS::SecretsManager::Secret"),
        (f"{_RESPONSE}.aRN", "AWS::SecretsManager::Secret"),
    ),
    "sns.amazonaws.com": (
        (f"{_REQUEST}.topicArn", "AWS::SNS::Topic"),
        (f"{_RESPONSE}.topicArn", "AWS::SNS::Topic"),
    ),
    "sqs.amazonaws.com": (
        (f"{_REQUEST}.queueName", "AWS::SQS::Queue"),
        (f"{_REQUEST}.queueUrl", "AWS::SQS::Queue"),
        (f"{_RESPONSE}.queueUrl", "AWS::SQS::Queue"),
    ),
    # The issue of credentials is found by the access key, and by each name of the session.
    "sts.amazonaws.com": (
        (f"{_RESPONSE}.credentials.accessKeyId", "AWS::IAM::AccessKey"),
        (f"{_RESPONSE}.assumedRoleUser.arn", "AWS::STS::AssumedRole"),
        (f"{_RESPONSE}.assumedRoleUser.assumedRoleId", "AWS::STS::AssumedRole"),
        (f"{_REQUEST}.roleSessionName", "AWS::STS::AssumedRole"),
        (f"{_REQUEST}.roleArn", "AWS::IAM::Role"),
        (f"{_RESPONSE}.federatedUser.arn", "AWS::STS::FederatedUser"),
        (f"{_RESPONSE}.federatedUser.federatedUserId", "AWS::STS::FederatedUser"),
    ),
}

#: Parameters called ``name`` name such a resource only with these operations.
ONLY_WITH: dict[tuple[str, str], frozenset[str]] = {
    ("secretsmanager.amazonaws.com", f"{_REQUEST}.name"): frozenset({"CreateSecret"}),
}

#: Sources whose resources are listed by name alone, although records hold their ARNs, too.
NAMED_BY_PARAMETERS = frozenset({"s3.amazonaws.com"})

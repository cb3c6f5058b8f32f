// An application in a pod: it knows nothing but a bucket and a cluster, and finds all else itself.
import { EKSClient, ListPodIdentityAssociationsCommand } from "@aws-sdk/client-eks";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { fromNodeProviderChain } from "@aws-sdk/credential-providers";

const [bucket, cluster] = process.argv.slice(2);
const s3 = new S3Client({ forcePathStyle: true });

async function read(key) {
  const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return object.Body.transformToString();
}

async function refusal(key) {
  try {
    return await read(key);
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
}

const credentials = await fromNodeProviderChain()();
const identity = await new STSClient().send(new GetCallerIdentityCommand());
const listed = await new EKSClient().send(
  new ListPodIdentityAssociationsCommand({ clusterName: cluster }),
);
console.log(
  JSON.stringify({
    arn: identity.Arn,
    accessKeyId: credentials.accessKeyId,
    own: await read("own"),
    other: await refusal("other"),
    associations: listed.associations.map((one) => one.serviceAccount),
  }),
);

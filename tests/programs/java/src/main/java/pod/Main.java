package pod;

import java.util.stream.Collectors;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.eks.EksClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.sts.StsClient;

/** An application in a pod: it knows nothing but a bucket and a cluster, and finds all else itself. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    String bucket = arguments[0];
    String cluster = arguments[1];
    try (S3Client s3 = S3Client.builder().forcePathStyle(true).build();
        StsClient sts = StsClient.create();
        EksClient eks = EksClient.create();
        DefaultCredentialsProvider provider = DefaultCredentialsProvider.create()) {
      String associations =
          eks.listPodIdentityAssociations(request -> request.clusterName(cluster)).associations()
              .stream()
              .map(one -> quoted(one.serviceAccount()))
              .collect(Collectors.joining(", "));
      System.out.printf(
          "{\"arn\": %s, \"accessKeyId\": %s, \"own\": %s, \"other\": %s, \"associations\": [%s]}%n",
          quoted(sts.getCallerIdentity().arn()),
          quoted(provider.resolveCredentials().accessKeyId()),
          quoted(read(s3, bucket, "own")),
          quoted(refusal(s3, bucket, "other")),
          associations);
    }
  }

  private static String read(S3Client s3, String bucket, String key) {
    return s3.getObjectAsBytes(request -> request.bucket(bucket).key(key)).asUtf8String();
  }

  private static String refusal(S3Client s3, String bucket, String key) {
    try {
      return read(s3, bucket, key);
    } catch (AwsServiceException error) {
      return error.awsErrorDetails().errorCode() + ": " + error.awsErrorDetails().errorMessage();
    }
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}

// An application in a pod: it knows nothing but a bucket and a cluster, and finds all else itself.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

func read(ctx context.Context, client *s3.Client, bucket, key string) (string, error) {
	object, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return "", err
	}
	defer object.Body.Close()
	body, err := io.ReadAll(object.Body)
	return string(body), err
}

func refusal(ctx context.Context, client *s3.Client, bucket, key string) string {
	body, err := read(ctx, client, bucket, key)
	var refused smithy.APIError
	if errors.As(err, &refused) {
		return fmt.Sprintf("%s: %s", refused.ErrorCode(), refused.ErrorMessage())
	}
	return body
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	bucket, cluster := os.Args[1], os.Args[2]
	ctx := context.Background()
	configured := must(config.LoadDefaultConfig(ctx))
	storage := s3.NewFromConfig(configured, func(options *s3.Options) { options.UsePathStyle = true })
	credentials := must(configured.Credentials.Retrieve(ctx))
	identity := must(sts.NewFromConfig(configured).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}))
	listed := must(eks.NewFromConfig(configured).ListPodIdentityAssociations(
		ctx, &eks.ListPodIdentityAssociationsInput{ClusterName: &cluster}))
	associations := []string{}
	for _, one := range listed.Associations {
		associations = append(associations, aws.ToString(one.ServiceAccount))
	}
	err := json.NewEncoder(os.Stdout).Encode(map[string]any{
		"arn":          aws.ToString(identity.Arn),
		"accessKeyId":  credentials.AccessKeyID,
		"own":          must(read(ctx, storage, bucket, "own")),
		"other":        refusal(ctx, storage, bucket, "other"),
		"associations": associations,
	})
	if err != nil {
		log.Fatal(err)
	}
}

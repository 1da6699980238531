package facts

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"converge/internal/fsys"
)

// readCloud reads the public part of cloud-init's instance data; nil if it is unreadable or cloud-init is missing.
func readCloud(t fsys.Files) (*Cloud, error) {
	const name = "/run/cloud-init/instance-data.json"
	b, err := t.ReadFile(name, maxFile)
	if isMissing(err) || os.IsPermission(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the instance data of cloud-init: %w", err)
	}
	c, err := parseCloud(b)
	if err != nil {
		return nil, fmt.Errorf("cannot read the instance data of cloud-init: %s:%w", name, err)
	}
	return c, nil
}

func parseCloud(b []byte) (*Cloud, error) {
	var data struct {
		V1 *Cloud `json:"v1"`
		DS any    `json:"ds"` // as the cloud has it
	}
	if err := json.Unmarshal(b, &data); err != nil {
		return nil, jsonError(b, err)
	}
	c := data.V1
	if c == nil {
		return nil, nil
	}
	for _, v := range []*string{&c.Name, &c.ID, &c.Platform, &c.Subplatform, &c.Region, &c.AvailabilityZone, &c.InstanceID, &c.Hostname} {
		*v = unredacted(*v)
	}
	// EC2 has its own keys in meta_data, OpenStack has the same ones beside it, and Azure those of its metadata service.
	const azureAddress = "meta_data.imds.network.interface.0.ipv4.ipAddress.0."
	c.InstanceType = firstText(data.DS, "meta_data.instance-type", "ec2_metadata.instance-type", "meta_data.imds.compute.vmSize")
	c.LocalIPv4 = firstText(data.DS, "meta_data.local-ipv4", "ec2_metadata.local-ipv4", azureAddress+"privateIpAddress")
	c.PublicIPv4 = firstText(data.DS, "meta_data.public-ipv4", "ec2_metadata.public-ipv4", azureAddress+"publicIpAddress")
	return c, nil
}

// firstText returns the first value at one of the paths that is a text.
func firstText(data any, paths ...string) string {
	for _, path := range paths {
		at := data
		for key := range strings.SplitSeq(path, ".") {
			switch v := at.(type) {
			case map[string]any:
				at = v[key]
			case []any:
				at = nil
				if key == "0" && len(v) > 0 {
					at = v[0]
				}
			default:
				at = nil
			}
		}
		if text, ok := at.(string); ok && unredacted(text) != "" {
			return text
		}
	}
	return ""
}

// unredacted returns a value; "" if cloud-init shows it to root alone.
func unredacted(value string) string {
	if strings.HasPrefix(value, "redacted for ") {
		return ""
	}
	return value
}

package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// What a type of resource is beside its schema.
type kind struct {
	// Whether a second one of the same id is refused.
	isOnlyOnce bool
	// A change of these makes another resource.
	replaced []string
	// What AWS chooses.
	chosen func(a *account, v values) map[string]string
	// What AWS would refuse.
	limits func(v values) error
}

var kinds = map[string]kind{
	"aws_iam_openid_connect_provider": {
		isOnlyOnce: true,
		replaced:   []string{"url"},
		chosen: func(a *account, v values) map[string]string {
			arn := a.arn("iam", "", "oidc-provider/"+strings.TrimPrefix(v.text("url"), "https://"))
			return map[string]string{"id": arn, "arn": arn}
		},
	},
	"aws_cognito_identity_pool": {
		replaced: []string{"identity_pool_name", "developer_provider_name"},
		chosen: func(a *account, v values) map[string]string {
			id := a.region + ":" + uuid(a.Account+v.text("identity_pool_name"))
			return map[string]string{"id": id, "arn": a.arn("cognito-identity", a.region, "identitypool/"+id), "region": a.region}
		},
		limits: func(v values) error { return longest(v, "identity_pool_name", 128) },
	},
	"aws_cognito_identity_pool_provider_principal_tag": {
		replaced: []string{"identity_pool_id", "identity_provider_name"},
		chosen: func(a *account, v values) map[string]string {
			return map[string]string{"id": v.text("identity_pool_id") + ":" + v.text("identity_provider_name"), "region": a.region}
		},
		limits: func(v values) error {
			return errors.Join(longest(v, "identity_provider_name", 128), tagLimits(v.texts("principal_tags"), true))
		},
	},
	"aws_iam_role": {
		isOnlyOnce: true,
		replaced:   []string{"name", "path"},
		chosen: func(a *account, v values) map[string]string {
			name := v.text("name")
			return map[string]string{"id": name, "arn": a.arn("iam", "", "role/"+name), "unique_id": "AROA" + strings.ToUpper(uuid(name)[:8]), "create_date": "2026-11-26T00:00:00Z"}
		},
		limits: func(v values) error {
			return errors.Join(longest(v, "name", 64), policyLimits(v, "assume_role_policy", 2048), tagLimits(v.texts("tags_all"), true))
		},
	},
	"aws_iam_role_policy": {
		replaced: []string{"name", "role"},
		chosen: func(_ *account, v values) map[string]string {
			return map[string]string{"id": v.text("role") + ":" + v.text("name")}
		},
		limits: func(v values) error { return policyLimits(v, "policy", 10_240) },
	},
	"aws_secretsmanager_secret": {
		isOnlyOnce: true,
		replaced:   []string{"name"},
		chosen: func(a *account, v values) map[string]string {
			name := v.text("name")
			arn := a.arn("secretsmanager", a.region, "secret:"+name+"-"+uuid(name)[:6])
			return map[string]string{"id": arn, "arn": arn, "region": a.region}
		},
		limits: func(v values) error {
			if name := v.text("name"); name != "" && !secretName.MatchString(name) {
				return fmt.Errorf("invalid name of a secret: %s", name)
			}
			return tagLimits(v.texts("tags_all"), false)
		},
	},
}

var secretName = regexp.MustCompile(`^[A-Za-z0-9/_+=.@-]{1,512}$`)

func (k kind) isReplaced(name string) bool { return slices.Contains(k.replaced, name) }

func (k kind) refused(v values) error {
	if v == nil || k.limits == nil {
		return nil
	}
	return k.limits(v)
}

func (a *account) chosen(k kind, v values) map[string]tftypes.Value {
	chosen := map[string]tftypes.Value{"tags_all": textMap(a.allTags(v))}
	for name, text := range k.chosen(a, v) {
		chosen[name] = tftypes.NewValue(tftypes.String, text)
	}
	return chosen
}

// The real provider plans tags_all if there are tags, and else leaves it to AWS.
func (a *account) planTags(planned, prior values) {
	all, has := planned["tags_all"]
	tags := planned["tags"]
	switch {
	case !has:
	case !tags.IsFullyKnown():
		planned["tags_all"] = tftypes.NewValue(all.Type(), tftypes.UnknownValue)
	case len(a.allTags(planned)) > 0 || prior != nil:
		planned["tags_all"] = textMap(a.allTags(planned))
	}
}

// A resource's own tag wins over a default one.
func (a *account) allTags(v values) map[string]string {
	all := v.texts("tags")
	for key, value := range a.defaultTags {
		if _, there := all[key]; !there {
			all[key] = value
		}
	}
	return all
}

func (a *account) arn(service, region, resource string) string {
	return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, region, a.Account, resource)
}

// What a data source answers.
func (a *account) find(kind string, config values, resources map[string]*tfprotov5.Schema) (values, error) {
	texts := func(texts map[string]string) values {
		found := values{}
		for name, text := range texts {
			found[name] = tftypes.NewValue(tftypes.String, text)
		}
		return found
	}
	switch kind {
	case "aws_caller_identity":
		return texts(map[string]string{"id": a.Account, "account_id": a.Account, "user_id": "AIDAEXAMPLE", "arn": a.arn("iam", "", "user/platform")}), nil
	case "aws_region":
		return texts(map[string]string{"id": a.region, "name": a.region, "region": a.region}), nil
	case "aws_iam_openid_connect_provider":
		const managed = "aws_iam_openid_connect_provider"
		there, err := a.get(resources[managed], managed, config.text("arn"))
		if err != nil {
			return nil, err
		}
		if there == nil {
			return nil, fmt.Errorf("no OIDC provider %s", config.text("arn"))
		}
		// IAM names an issuer without its scheme, and its clients in a list.
		found := texts(map[string]string{"id": there.text("arn"), "url": strings.TrimPrefix(there.text("url"), "https://")})
		found["client_id_list"] = listOf(there["client_id_list"])
		return found, nil
	}
	return nil, fmt.Errorf("%s is not there", kind)
}

func listOf(of tftypes.Value) tftypes.Value {
	var elements []tftypes.Value
	_ = of.As(&elements)
	return tftypes.NewValue(tftypes.List{ElementType: tftypes.String}, elements)
}

func longest(v values, name string, characters int) error {
	if count := utf8.RuneCountInString(v.text(name)); count > characters {
		return fmt.Errorf("%s has %d characters, at most %d are allowed", name, count, characters)
	}
	return nil
}

// A policy that is known must be JSON, and no longer than IAM takes it. White space is not counted.
func policyLimits(v values, name string, characters int) error {
	policy := v.text(name)
	if policy == "" {
		return nil
	}
	if !json.Valid([]byte(policy)) {
		return fmt.Errorf("%s is an invalid JSON policy", name)
	}
	count := 0
	for _, character := range policy {
		if !unicode.IsSpace(character) {
			count++
		}
	}
	if count > characters {
		return fmt.Errorf("%s has %d characters, at most %d are allowed", name, count, characters)
	}
	return nil
}

// IAM's keys ignore case.
func tagLimits(tags map[string]string, ignoreCase bool) error {
	seen := map[string]bool{}
	for key, value := range tags {
		if strings.HasPrefix(strings.ToLower(key), "aws:") || utf8.RuneCountInString(key) > 128 || utf8.RuneCountInString(value) > 256 {
			return fmt.Errorf("invalid tag %s", key)
		}
		if ignoreCase {
			key = strings.ToLower(key)
		}
		if seen[key] {
			return fmt.Errorf("duplicate tag keys: %s", key)
		}
		seen[key] = true
	}
	if len(tags) > 50 {
		return fmt.Errorf("%d tags, at most 50 are allowed", len(tags))
	}
	return nil
}

// The same for the same text, so that tests can be repeated.
func uuid(of string) string {
	hash := fmt.Sprintf("%x", sha256.Sum256([]byte(of)))
	return strings.Join([]string{hash[:8], hash[8:12], hash[12:16], hash[16:20], hash[20:32]}, "-")
}

package resources

import (
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// SecretFiles returns the paths of the files of accounts that have hashes of passwords, and of the
// keys of the host: their former content is never shown, regardless of its author.
func SecretFiles() []string {
	return []string{
		"/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/security/opasswd",
		"/etc/ssh/ssh_host_rsa_key", "/etc/ssh/ssh_host_ecdsa_key", "/etc/ssh/ssh_host_ed25519_key",
	}
}

// WithCopies returns the path of a file, and those of the copies beside it that converge makes unless a manifest
// names others, of an old content (backup) and of one that is not put in place, and that editors and tools make.
func WithCopies(path string) []string {
	return []string{path, path + ".bak", path + ParkedSuffix, path + "~", path + "-", path + ".old", path + ".orig", path + ".save"}
}

// BackupOf returns the path of the copy that a resource keeps of what it replaces in a file; "": none, or the
// usual one.
func BackupOf(r *resource.Resource, path string) string {
	if !r.Want.Type().IsObjectType() || !r.Want.Type().HasAttribute("backup") {
		return ""
	}
	suffix := r.Want.GetAttr("backup")
	if suffix.IsNull() || !suffix.IsKnown() || suffix.Type() != cty.String {
		return ""
	}
	return path + suffix.AsString()
}

// areSettingsApart reports whether neither of two settings of a file is the other one or a part of
// its value: a table of toml has further keys in it.
func areSettingsApart(key, other string) bool {
	one, format := settingNames(key)
	two, of := settingNames(other)
	return format == of && !strings.HasPrefix(one+".", two+".") && !strings.HasPrefix(two+".", one+".")
}

// settingNames returns the names of the key of a setting, with dots between them, and the format.
func settingNames(key string) (names, format string) {
	_, id, _ := resource.CutPartKey(key)
	named := settingNamed(id)
	if v, ok := named["format"]; ok {
		format = v.AsString()
	}
	if v, ok := named["section"]; ok {
		names = v.AsString() + "."
	}
	return strings.ReplaceAll(names+named["key"].AsString(), `"`, ""), format
}

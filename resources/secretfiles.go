package resources

import (
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// SecretFiles returns the paths of the files of accounts with hashes of passwords, and of the keys of the host: their
// old content is never shown, whatever wrote it.
func SecretFiles() []string {
	return []string{
		"/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/security/opasswd",
		"/etc/ssh/ssh_host_rsa_key", "/etc/ssh/ssh_host_ecdsa_key", "/etc/ssh/ssh_host_ed25519_key",
	}
}

// WithCopies returns the path of a file, and those of copies beside it: the ones that converge makes under default
// names, of an old content (backup) and of a content that is not put in place, and those of editors and tools.
func WithCopies(path string) []string {
	return []string{path, path + ".bak", path + ParkedSuffix, path + "~", path + "-", path + ".old", path + ".orig", path + ".save"}
}

// BackupOf returns the path of the copy that a resource keeps of a replaced file; "": none, or the usual one.
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

// areSettingsApart reports whether two settings of a file differ and neither is part of the other's value: a table of
// toml has further keys in it.
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

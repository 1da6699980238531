package resources

import (
	"errors"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/edit"
	"converge/internal/resource"
)

// KnownHostWant is the struct of the kind known_host. A wanted host has its keys as
// content, one a line.
type KnownHostWant struct {
	PartPlace
	PartUser
	HostAttrs
	Content *resource.Blob `attr:"content"`
}

// systemHosts is the file of hosts that all users of a machine know.
const systemHosts = "/etc/ssh/ssh_known_hosts"

const knownHostDoc = "The keys by which ssh recognises a host, for all users or for one. They are the keys that the host has: those that the file has for it besides are removed. " +
	"converge never asks the host for its keys, because it could not know whether it asks the right one: take them from `/etc/ssh/ssh_host_*_key.pub` there.\n\n" +
	"Lines in which the name of the host is hashed (`|1|…`) are found; a key that changes keeps its line, and so the name in it. Lines for several hosts lose only this name. " +
	"Lines with patterns, of certificate authorities (`@cert-authority`) and of revoked keys (`@revoked`) are left alone; a key that the file revokes for the host is an error."

// KnownHost is the kind of one host that ssh knows. A provider of nil serves
// documentation and validation.
func KnownHost(p resource.Provider) *resource.Kind {
	return &resource.Kind{
		Name:    "known_host",
		Doc:     knownHostDoc,
		Example: "known_host \"git.example.com\" {\n  keys = [\"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKtyzZ/BXeVPE/2UnEYnwpJjXMiP9Dc5ph2fqPgoEQEQ\"]\n}\n",
		Label:   "host",
		Attrs: resource.Typing[KnownHostWant](accessAttrs("known_host",
			"The absolute path of the file. Unset: `/etc/ssh/ssh_known_hosts`, or that of `user`. A symbolic link is followed.",
			"The user whose file it is, `~/.ssh/known_hosts`. Unset: the hosts are known to all users.",
			[]string{"keys", "sensitive"},
			resource.Attr{Name: "host", Required: true, Public: true, Check: checkKnownHost, Doc: "The name or address as users give it to ssh: `git.example.com`, with a port `[git.example.com]:2222`. Port 22 is the same as none; `git.example.com:2222` is refused. It is the label."},
			resource.Attr{Name: "keys", Option: true, Wording: true, Check: checkHostKeys, Doc: "The keys of the host, each with its type: `\"ssh-ed25519 AAAA…\"`. Comments are left out. Required, unless the host must be absent."},
			resource.Attr{Name: "content", Computed: true, SecretIf: []string{"keys", "sensitive"}, Doc: "The keys, one a line."},
		)),
		Prepare:     resource.Preparing(prepareKnownHost),
		Links:       resource.Reading(knownHostLinks),
		Moves:       movesPackages,
		Inert:       true,
		ContentAttr: "content",
		Restores:    true, RecordAttr: "was",
		JoinRecords:    JoinPartPasts,
		BareRecord:     barePartPast,
		RecordDestroys: destroyedByPart,
		Revert: resource.Reverting(func(p resource.Past, before, after KnownHostWant) ([]resource.RevertTarget, error) {
			return revertPart(p, before.asPart(), after.asPart())
		}),
		Named:    accessNamed(knownHostNamed),
		Provider: p,
	}
}

func (w *KnownHostWant) asPart() Part {
	return Part{PartPlace: w.PartPlace, PartUser: w.PartUser, HostAttrs: w.HostAttrs, BlockAttrs: BlockAttrs{Content: w.Content}}
}

func prepareKnownHost(_ resource.Input, w *KnownHostWant) error {
	if w.Path == "" && !w.User.Set {
		w.Path = systemHosts
	}
	w.prepareAccess(PartKnownHost)
	host, err := edit.NormalHost(resource.DecodeBytes(w.Host))
	if err != nil {
		return &resource.AttrError{Attr: "host", Err: err}
	}
	w.Host = resource.EncodeText(host)
	keys := w.Keys
	w.Keys = resource.Opt[[]string]{}
	switch {
	case w.IsAbsent():
		return nil
	case len(keys.Value) == 0:
		return attrError("keys", "none is given, and one is needed unless ensure is \"absent\"")
	}
	var lines []string
	for _, text := range keys.Value {
		key, err := edit.ParseSSHKey(resource.DecodeBytes(text))
		if err != nil {
			return &resource.AttrError{Attr: "keys", Err: err}
		}
		lines = append(lines, key.Bare()+"\n")
	}
	slices.Sort(lines)
	w.Content = resource.BytesBlob([]byte(strings.Join(slices.Compact(lines), "")))
	return nil
}

func checkKnownHost(v cty.Value) error {
	_, err := edit.NormalHost(resource.DecodeBytes(v.AsString()))
	return err
}

func checkHostKeys(v cty.Value) error {
	for _, e := range v.AsValueSlice() {
		if e.IsNull() {
			return errors.New("must not contain null")
		}
		if _, err := edit.ParseSSHKey(resource.DecodeBytes(e.AsString())); err != nil {
			return errors.New("must hold keys of the host, and one of them " + describeHostKey(resource.DecodeBytes(e.AsString()), err))
		}
	}
	return nil
}

// describeHostKey describes an error in a key of a host, which is found in other files than a user's key.
func describeHostKey(text string, err error) string {
	const form = "as `ssh-keyscan HOST` and /etc/ssh/ssh_host_ed25519_key.pub have it: \"ssh-ed25519 AAAA…\""
	switch words := strings.Fields(text); {
	case len(words) > 0 && strings.HasPrefix(words[0], "AAAA"):
		return "has no type in front of it, " + form
	case strings.HasPrefix(err.Error(), "must be a public key in one line, such as"):
		return "must be a public key in one line, " + form
	}
	return err.Error()
}

// Wish is the host in the form of package edit.
func (w *KnownHostWant) Wish() (k edit.KnownHost, err error) {
	k = edit.KnownHost{Host: resource.DecodeBytes(w.Host), Absent: w.IsAbsent()}
	if w.Content == nil || k.Absent {
		return k, nil
	}
	text, err := contentText(w.Content)
	if err != nil {
		return k, err
	}
	for line := range strings.Lines(text) {
		key, err := edit.ParseSSHKey(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return k, err
		}
		k.Keys = append(k.Keys, key)
	}
	return k, nil
}

const knownHostID = "known_host "

func knownHostLinks(w KnownHostWant) resource.Links {
	return accessLinks(w.PartPlace, w.User.Value, userHostsKey, knownHostID+w.Host)
}

func knownHostNamed(id string) map[string]cty.Value {
	return map[string]cty.Value{"host": cty.StringVal(strings.TrimPrefix(id, knownHostID))}
}

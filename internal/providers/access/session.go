package access

import (
	"bytes"
	"strconv"
	"strings"

	"converge/internal/edit"
	"converge/internal/fsys"
)

// session is the SSH session that converge runs in.
type session struct {
	user string        // who logged in; "": there is no such session
	keys []edit.SSHKey // the keys used; none: sshd does not expose them
}

// maxAncestors is how many processes above this one are examined: shells, sudo, tmux.
const maxAncestors = 64

// findSession finds the session of a process. sudo passes no variables on, so the processes above it are examined as
// well. sshd only exposes the used key if ExposeAuthInfo is on: SSH_USER_AUTH then names a file (sshd_config(5)).
func findSession(tree *fsys.FS, pid int) session {
	for range maxAncestors {
		if pid <= 1 {
			break
		}
		proc := "/proc/" + strconv.Itoa(pid)
		env := readEnviron(tree, proc)
		if env["SSH_CONNECTION"] != "" {
			return session{user: env["USER"], keys: readAuthInfo(tree, env["SSH_USER_AUTH"])}
		}
		pid = parentOf(tree, proc)
	}
	return session{}
}

func readEnviron(tree *fsys.FS, proc string) map[string]string {
	text, err := tree.ReadFile(proc+"/environ", 1<<20)
	if err != nil { // of another user, or ended
		return nil
	}
	env := map[string]string{}
	for entry := range bytes.SplitSeq(text, []byte{0}) {
		if name, value, ok := strings.Cut(string(entry), "="); ok {
			env[name] = value
		}
	}
	return env
}

// parentOf returns the process above another; 0 if that is not known.
func parentOf(tree *fsys.FS, proc string) int {
	text, err := tree.ReadFile(proc+"/stat", 1<<16)
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text[max(0, bytes.LastIndexByte(text, ')')):]), " ") // the name may hold anything
	fields := strings.Fields(rest)
	if len(fields) < 2 {
		return 0
	}
	pid, _ := strconv.Atoi(fields[1]) // 0 if it is not a number
	return pid
}

// readAuthInfo reads the keys that opened a session: lines of "publickey KEY". The user may set the variable with its
// name, so it only opens a file, and shows nothing of it except the fingerprint of a removed key.
func readAuthInfo(tree *fsys.FS, name string) (keys []edit.SSHKey) {
	info, err := tree.Lstat(name)
	if err != nil || info.Type != fsys.Regular {
		return nil
	}
	text, err := tree.ReadFile(name, 1<<16)
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(text)) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "publickey ")
		if key, err := edit.ParseSSHKey(rest); ok && err == nil {
			keys = append(keys, key)
		}
	}
	return keys
}

// noteSession warns that removed keys of a user may be those of this session.
func (f *Files) noteSession(user string, removed []string) []string {
	if f.FS.Root() != "/" || len(removed) == 0 {
		return nil
	}
	return f.session().notes(user, removed)
}

// notes is noteSession for a session. removed are fingerprints.
func (s session) notes(user string, removed []string) []string {
	for _, key := range s.keys {
		for _, fingerprint := range removed {
			if key.Fingerprint() == fingerprint {
				return []string{"this session was opened with the key " + fingerprint + ", which is removed: it cannot be opened again with it"}
			}
		}
	}
	if len(s.keys) == 0 && s.user != "" && s.user == user {
		return []string{"this session was opened by SSH as that user, and sshd does not say with which key (ExposeAuthInfo is off): it may be one that is removed"}
	}
	return nil
}

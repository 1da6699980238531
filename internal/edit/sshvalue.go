package edit

import (
	"errors"
	"fmt"
	"strings"
)

// sshWords are the values of sshd_config(5) and ssh_config(5): words, including their quotes. `"domain users"` is one
// word and `domain users` are two, so quotes are never added or removed. They are read as argv_split of OpenSSH does.
type sshWords struct {
	name string // of the option
}

func (s sshWords) end(text string) int {
	if isSSHCommand(s.name) {
		return trimmed(text)
	}
	_, end, _ := splitSSH(text)
	return trimmed(text[:end])
}

func (sshWords) decode(text string) (string, error) { return text, nil }

func (s sshWords) encode(value, _ string) (string, error) {
	words, end, closed := splitSSH(value)
	switch {
	case len(words) == 0:
		return "", errors.New("the value must not be empty: ssh refuses an option without one")
	case !closed:
		return "", errors.New("the value has a quote without its end, which ssh refuses")
	case end < len(value) && !isSSHCommand(s.name):
		return "", errors.New("the value has a word that begins with #, which is a comment: quotes belong to the value here, and the word needs them")
	case len(words) > 1 && takesOneWord(s.name):
		return "", fmt.Errorf("the value has %d words, and %s takes one: quotes belong to the value here, and a word with a blank needs them (\"\\\"/etc/my banner\\\"\")", len(words), s.name)
	}
	return value, withoutBlanks(value)
}

// splitSSH returns the words of a text with their quotes, and where they end: at a comment or the end of the text.
// closed is false if a quote has no end.
func splitSSH(text string) (words []string, end int, closed bool) {
	quote, from := byte(0), -1 // where the word begins; -1: between words
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case from < 0 && isBlank(c):
			continue
		case from < 0 && c == '#':
			return words, i, true
		case from < 0:
			from = i
		}
		switch {
		case c == '\\':
			if i+1 < len(text) && (strings.IndexByte(`"'\`, text[i+1]) >= 0 || quote == 0 && text[i+1] == ' ') {
				i++
			}
		case quote == 0 && isBlank(c):
			words, from = append(words, text[from:i]), -1
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == quote:
			quote = 0
		}
	}
	if from >= 0 {
		words = append(words, text[from:])
	}
	return words, len(text), quote == 0
}

// isSSHCommand reports whether the value of an option is its whole line, including what looks like a comment.
func isSSHCommand(name string) bool {
	switch sshName(name) {
	case "forcecommand", "versionaddendum", "authorizedkeyscommand", "authorizedprincipalscommand",
		"proxycommand", "localcommand", "remotecommand", "knownhostscommand":
		return true
	}
	return false
}

// takesOneWord reports whether ssh and sshd refuse an option with more than one word.
func takesOneWord(name string) bool {
	switch sshName(name) {
	case "addressfamily", "allowagentforwarding", "allowstreamlocalforwarding", "allowtcpforwarding", "authorizedkeyscommanduser",
		"authorizedprincipalscommanduser", "authorizedprincipalsfile", "banner", "casignaturealgorithms", "chrootdirectory", "ciphers",
		"clientalivecountmax", "clientaliveinterval", "compression", "disableforwarding", "exposeauthinfo", "fingerprinthash",
		"gatewayports", "gssapiauthentication", "hostbasedacceptedalgorithms", "hostbasedauthentication", "hostcertificate", "hostkey",
		"hostkeyagent", "hostkeyalgorithms", "hostname", "identitiesonly", "identityagent", "identityfile", "ignorerhosts",
		"ignoreuserknownhosts", "kbdinteractiveauthentication", "kerberosauthentication", "kexalgorithms", "logingracetime", "loglevel",
		"macs", "maxauthtries", "maxsessions", "maxstartups", "modulifile", "passwordauthentication", "permitemptypasswords",
		"permitrootlogin", "permittty", "permittunnel", "permituserenvironment", "permituserrc", "persourcemaxstartups", "pidfile", "port",
		"printlastlog", "printmotd", "proxyjump", "pubkeyacceptedalgorithms", "pubkeyauthentication", "requiredrsasize", "revokedkeys",
		"strictmodes", "stricthostkeychecking", "syslogfacility", "tcpkeepalive", "trustedusercakeys", "usedns", "usepam", "user",
		"x11displayoffset", "x11forwarding", "x11uselocalhost", "xauthlocation":
		return true
	}
	return false
}

// sshName returns the one spelling of the names of an option: some have an older, equivalent name.
func sshName(name string) string {
	switch name = strings.ToLower(strings.Trim(name, `"`)); name {
	case "challengeresponseauthentication", "skeyauthentication", "tisauthentication":
		return "kbdinteractiveauthentication"
	case "dsaauthentication":
		return "pubkeyauthentication"
	case "pubkeyacceptedkeytypes":
		return "pubkeyacceptedalgorithms"
	case "hostbasedacceptedkeytypes", "hostbasedkeytypes":
		return "hostbasedacceptedalgorithms"
	case "hostdsakey":
		return "hostkey"
	case "identityfile2":
		return "identityfile"
	case "keepalive":
		return "tcpkeepalive"
	}
	return name
}

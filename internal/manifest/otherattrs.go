package manifest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"converge/internal/manifest/diag"
	"converge/internal/resource"
)

// otherAttrs explains attributes of other tools, grouped by purpose. It is not used for attributes that the kind
// declares.
func otherAttrs() map[string]string {
	const (
		many    = `Several are made by for_each = toset(["a", "b"]); when = … makes one or none.`
		guard   = "Whether a thing is managed is when = …, a bool that is evaluated before anything is changed. The guards only_if and unless are an exec's."
		after   = "Order is depends_on = [KIND.NAME]. A reference to an attribute is a dependency as well."
		earlier = "Order is said by the later one: depends_on = [KIND.NAME] stands in its block."
		state   = "What is to be is said by attributes such as ensure. What follows a change is notifies = [KIND.NAME.VERB] in the block that changes."
		timing  = "An action waits for the end of the run, and is performed once. immediately(KIND.NAME.VERB) in notifies does not wait."
		failing = `What becomes of the rest is on_failure = "skip", "continue", "stop" or "rollback".`
		root    = "A run has the rights of the user that starts it."
	)
	out := map[string]string{}
	for words, here := range map[string]string{
		"count loop items with_items with_dict with_fileglob with_list foreach": many,
		"only_if onlyif not_if unless creates if enable_if condition":           guard,
		"require requires requisites after depends needs wants dependsOn":       after,
		"before required_by":         earlier,
		"action":                     state,
		"delayed immediately timing": timing,
		"ignore_failure ignore_errors failed_when allow_failure continue_on_error": failing,
		"become become_user sudo run_as_root":                                      root,
		"lifecycle prevent_destroy":                                                "protect = true refuses every change that would remove or replace a thing.",
		"ignore_changes":                                                           "What a block does not set is left as it is: leave the attribute out.",
		"notify":                                                                   "Here that is notifies = [KIND.NAME.VERB].",
		"state":                                                                    `Here that is ensure = "present" or "absent".`,
		"dest":                                                                     "Here that is path, which is the label of the block if it is not set.",
		"src":                                                                      "Here that is source, or content for a text.",
		"validate validate_cmd":                                                    "Here that is verify.",
		"register":                                                                 "Another block refers to an attribute: file.page.path. What a command prints is no value of the same run.",
		"changed_when":                                                             "Whether an exec has to run is creates, only_if or unless; whether anything changed, converge sees by observing it.",
		"tags tag labels annotations":                                              "A part of a site is chosen by --target KIND.NAME.",
		"no_log":                                                                   "Here that is sensitive = true.",
		"provider":                                                                 "Which one it is, converge finds out of the machine.",
		"host hosts delegate_to connection run_once": "converge changes the machine that it runs on; what differs between machines is read from node.",
		"spec metadata apiVersion kind":              "A resource has its attributes in its block, side by side: NAME = VALUE.",
		"alias":                                      "A block has one name, its label; others refer to it by KIND.LABEL.",
		"description comment":                        "A remark is a comment: # … on a line of its own.",
		"recursive recurse deep":                     "A folder is a directory; a folder with files from beside the manifest is a tree.",
	} {
		for word := range strings.FieldsSeq(words) {
			out[word] = here
		}
	}
	return out
}

// renamedAttrs maps attributes of other tools to our names, the likeliest first: the first one that a kind has is
// suggested.
func renamedAttrs() map[string][]string {
	out := map[string][]string{}
	for words, ours := range map[string]string{
		"refreshonly refresh_only refresh_on refreshed_by listen_to":                                   "run_on",
		"minute hour weekday monthday month day special_time special cron_expression time when_to_run": "schedule calendar",
		"on_calendar oncalendar OnCalendar":                                                            "calendar",
		"package_name service_name username user_name group_name unit_name pkg module":                 "name",
		"onlyif": "only_if", "not_if": "unless",
		"chdir working_directory workdir working_dir dir": "cwd path",
		"environment environments envs environment_vars":  "env",
		"cmd script code cmdline job run exec exec_start": "command",
		"to points_to link_to target_path":                "target",
		"src url uri location remote from":                "source device url target",
		"source":                                          "target device url",
		"destination dest_path file filename target_file link_name mountpoint mount_point folder": "path",
		"opts mount_options":                                      "options",
		"fstype fs_type filesystem vfstype":                       "type",
		"permissions perms perm chmod file_mode modes dir_mode":   "mode",
		"user usr username":                                       "owner name",
		"contents text body data block rules rule lines template": "content",
		"checksum hash digest sha sha256sum source_hash":          "sha256 key_sha256 password",
		"regexp regex pattern":                                    "match",
		"insertafter insert_after":                                "after",
		"insertbefore insert_before":                              "before",
		"home_dir homedir home_directory":                         "home",
		"managehome manage_home createhome":                       "create_home",
		"gecos full_name fullname comment":                        "comment",
		"password_hash passwd hashed_passwd hashed_password":      "password",
		"id user_id":                           "uid gid",
		"group_id":                             "gid",
		"group_members users user_list member": "members users",
		"supplementary_groups additional_groups extra_groups": "groups",
		"tz timezone": "zone",
		"active":      "running",
		"on_boot boot onboot autostart start_on_boot enable": "enabled at_boot",
		"baseurl base_url deb":                               "url",
		"gpgkey gpg_key keyserver signed_by":                 "key key_source",
		"distribution dist suite release":                    "suites",
		"max_attempts attempts tries":                        "retries",
		"returns exit_code valid_exit_codes":                 "exit_codes",
		"nopass no_password NOPASSWD":                        "nopasswd",
		"variables parameters context":                       "vars",
		"membership":                                         "append",
		"backup_suffix":                                      "backup",
		"force_destroy":                                      "purge",
		"manager package_manager":                            "provider",
		"ensure":                                             "running",
	} {
		for word := range strings.FieldsSeq(words) {
			out[word] = append(out[word], strings.Fields(ours)...)
		}
	}
	return out
}

// attrsOfKinds explains attributes that other tools have for a single kind, by the kind's name and theirs, where a name
// alone would not be enough.
func attrsOfKinds() map[string]string {
	const (
		aShell  = `Here that is command: a list of words, or one text, which a shell reads.`
		aUnit   = `That is a setting of the unit: unit "NAME.service" { drop_in = "local", sections = { Service = { … } } }, each attribute on a line of its own.`
		aLink   = `A symbolic link is the kind link: link "PATH" { target = … }.`
		aFolder = "A folder is the kind directory; a folder with files from beside the manifest is the kind tree."
	)
	out := map[string]string{}
	for words, here := range map[string]string{
		"exec.shell exec.script exec.code exec.cmd exec.run exec.interpreter exec.args":    aShell,
		"package.action user.action group.action file.action directory.action link.action": `Here that is ensure = "present" (also when it is not set), or one of the other words that ensure takes. A service is a block of its own.`,
		"service.action": "Here that is running = true or false, and enabled = true or false for the start at boot. A restart after a change is notifies = [service.NAME.restart] in the block that changes.",
		"exec.path":      `Where programs are searched for is env = { PATH = "/usr/local/bin:/usr/bin:/bin" }.`,
		"service.memory service.cpu service.limits service.limit service.environment service.env service.user service.group service.command service.exec_start service.restart_policy service.working_directory service.dependencies": aUnit,
		"service.daemon_reload unit.daemon_reload systemd.daemon_reload": "It is not needed: where a unit file has changed, systemd reads it before the unit is started or restarted.",
		"file.target file.to file.link file.link_to file.symlink":        aLink,
		"service.supports":                     "It is not needed: what a service can do, converge finds out of the machine.",
		"unit.spec unit.image unit.containers": "A unit is written in sections = { Service = { … } }, by the names of systemd, or as content.",
		"exec.action":                          "An exec runs where no guard (creates, only_if, unless) says otherwise; one that runs only after a change has run_on = [KIND.NAME].",
		"file.src":                             "Here that is source, or content for a text.",
		"file.recurse file.recursive file.directory":                    aFolder,
		"file.vars file.variables file.template":                        `A template is the kind template, with source = "…" and vars = { … }; or content = templatefile("NAME", { … }).`,
		"link.mode link.owner link.group":                               "A symbolic link has no permissions of its own: those of what it points to count.",
		"sysctl.reload sysctl.apply":                                    "It is not needed: the value is set in the kernel at once, and in a file for the next boot.",
		"package.pkgs package.packages package.package package.list":    `Several are made by for_each = toset(["a", "b"]); the name is then each.key.`,
		"user.append_groups user.groups_append":                         "Here that is append = true beside groups = […].",
		"exec.refreshonly exec.refresh_only":                            "Leave it out: without a guard an exec runs only when something notifies it. What it follows can stand here as well: run_on = [KIND.NAME].",
		"cron.special cron.hour cron.minute":                            `Here that is schedule, five fields in one text: schedule = "30 2 * * *".`,
		"line.regexp line.regex line.pattern":                           "Here that is match.",
		"archive.extract archive.unpack archive.remote_src":             "It is not needed: an archive is unpacked into path, and source is a file beside the manifest or a URL.",
		"package.update_cache package.cache_valid_time package.refresh": "How old the lists of packages may be is said by settings { max_age = … }; converge fetches older ones anew.",
	} {
		for word := range strings.FieldsSeq(words) {
			out[word] = here
		}
	}
	return out
}

// explainOther returns the equivalent of an attribute of another tool; "" if there is none.
func (k *kindInfo) explainOther(name string) string {
	_, ensures := k.attr["ensure"]
	_, runs := k.attr["running"]
	if slices.Contains([]string{"subscribes", "subscribe", "listen", "watch", "watches"}, name) {
		if len(k.onVerb) == 0 {
			return fmt.Sprintf("%s has no action that another's change could ask for; order is depends_on = [KIND.NAME].", diag.Capital(resource.WithArticle(k.Name)))
		}
		return fmt.Sprintf("Here that is %s, with a list: [KIND.NAME].", strings.Join(slices.Sorted(maps.Keys(k.onVerb)), " or "))
	}
	if here := attrsOfKinds()[k.Name+"."+name]; here != "" {
		return here
	}
	if here := rarerAttrsOfKinds()[k.Name+"."+name]; here != "" {
		return here
	}
	if of, isFile := strings.CutSuffix(name, "_file"); isFile && slices.Contains(k.names, of) {
		return fmt.Sprintf("Here that is %s = file(\"NAME\"), for a file beside the manifest.", of)
	}
	if k.Label != "" && (name == k.Name || name == "name" || name == "title") {
		return fmt.Sprintf("Here that is %s, which is the label of the block if it is not set.", k.Label)
	}
	if k.Rank(name) >= 0 {
		return fmt.Sprintf("It is an action. The block whose change calls for it says notifies = [%s.NAME.%s]; in this block it is %s_on = [KIND.NAME].", k.Name, name, name)
	}
	if name == "state" && ensures {
		return "Here that is ensure, one of " + strings.Join(k.Attrs[k.attr["ensure"]].OneOf, ", ") + "."
	}
	if (name == "ensure" || name == "state") && runs && !ensures {
		return "Here that is running = true or false, and enabled = true or false for the start at boot."
	}
	for _, mine := range renamedAttrs()[name] {
		switch {
		case !slices.Contains(k.names, mine):
		case diag.Suggest(name, []string{mine}, "") != "":
			return "" // as for any misspelling, so that an editor can fix it
		default:
			return fmt.Sprintf("Here that is %s.", mine)
		}
	}
	if name == "state" && !ensures {
		return ""
	}
	if here := otherAttrs()[name]; here != "" {
		return here
	}
	if slices.Contains(k.names, "key") && slices.Contains(k.names, "value") && diag.Suggest(name, k.names, "") == "" {
		return fmt.Sprintf("Each %s is one key: key = %q and value = … in a block of its own.", k.Name, name)
	}
	return ""
}

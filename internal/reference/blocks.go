package reference

// block is a block of the language other than resources.
type block struct {
	item
	attrs []item
}

// listBlocks returns the blocks of the language other than resources.
func listBlocks() []block {
	description := item{"description", "string", "What it is for, for those who read the manifest."}
	hidden := item{"sensitive", "bool", "`true`: the value is shown nowhere."}
	return []block{
		{item{"variable", "variable NAME { … }", "An input: `var.NAME` is its value. In the root manifest it comes from `default`, files of data, " +
			"`CONVERGE_VAR_NAME`, `--var-file` and `--var`, of which the later ones win; in a module, from the module block."}, []item{
			{"type", "type", "`string`, `number`, `bool`, `any`, `list(T)`, `set(T)`, `map(T)`, `tuple([T, …])` or `object({ name = T, other = optional(T, DEFAULT) })`."},
			{"default", "constant", "The value if nothing else gives one. Without it, a value is required."},
			description, hidden,
			{"validation", "block", "What has to hold of the value: a `condition`, and the `error_message` if it is false. There may be several."},
		}},
		{item{"locals", "locals { NAME = … }", "Names for values: `local.NAME`. Each may refer to anything but itself."}, nil},
		{item{"output", "output NAME { … }", "A value that a module returns to its caller: `module.MODULE.NAME`. It may be an action."}, []item{
			{"value", "any, required", "What is returned."}, description, hidden,
		}},
		{item{"module", "module NAME { … }", "Resources from another folder of manifests. Every attribute that is not listed here is an input: the variable of that name. " +
			"Results are `module.NAME.OUTPUT`."}, append([]item{
			{"source", "constant, required", "A local folder, relative to the manifest, or the URL of an archive."},
			{"sha256", "constant", "The digest of what the URL returns. A URL requires it."},
		}, listCommon()...)},
		{item{"secret", "secret NAME { … }", "A secret that is kept outside of the manifest: `secret.NAME` is its text. It has one source, and is read once in a run, if anything refers to it. " +
			"Only the root manifest has secrets."}, []item{
			{"credential", "string", "A source: the name of a credential of systemd, or the path of an encrypted one."},
			{"age", "string", "A source: a file encrypted with age, or that text itself."},
			{"sops", "string", "A source: a file encrypted with sops; the program `sops` decrypts it."},
			{"command", "list, or string for a shell", "A source: what a program prints."},
			{"file", "string", "A source: a file."},
			{"identity", "string", "For `age` and `sops`: the file of keys. Without it, `/etc/converge/age.key` and the keys of the ssh host."},
			{"env", "map of strings", "For `command` and `sops`: variables of the program's environment besides the usual ones."},
			{"timeout", "duration", "For `command` and `sops`: how long the program may take, 30s unless set."},
		}},
		{item{"settings", "settings { … }", "Settings of the site, in the root manifest. All but `data` are constants."}, []item{
			{"name", "string", "The name of the site, to which belongs what the manifest makes. Without it, the path of the manifest is the name."},
			{"formerly", "list of strings", "Earlier names and paths of the site: what was made under them belongs to it."},
			{"prune", "bool", "`true`: what the site made and does not declare any more is removed, as by `--prune`."},
			{"keep", "duration", "How long the history of the site's runs is kept, and what they replaced: `\"90d\"`. Without it, for ever."},
			{"keep_secrets", "duration", "How long replaced secrets are kept for a rollback: 30 days unless set, and at most."},
			{"max_age", "duration", "The age from which lists of packages are fetched anew before they are used."},
			{"data", "list of paths", "Files that set variables, the general ones first; names may be made of `node`: `\"data/${node.hostname}.hcl\"`."},
		}},
		{item{"forget", "forget { … }", "Things that leave the ledger of the site and stay on the host as they are."}, []item{
			{"things", "list of strings, required", "Keys of the things, as `converge forget` completes them: `\"path:/etc/motd\"`. `*` after the colon stands for any characters."},
		}},
	}
}

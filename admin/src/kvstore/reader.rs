//! Reads `kvstore.json` and the files beside it; every problem at once, each with its place.

use std::collections::{BTreeMap, BTreeSet};

use env_kvstore::text::nearest::nearest;
use env_kvstore::text::printable::printable;
use jsonc_parser::ast::{Object, Value};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, CommentCollectionStrategy, ParseOptions, parse_to_ast};

use crate::kvstore::file::{Aws, Binding, Expectation, File, GitHub, OneOrMore, Repository, Vault};
use crate::kvstore::problem::Problem;

/// A file, as it was read from disk.
#[derive(Debug, Clone)]
pub struct Text {
    /// Its path from the folder of `kvstore.json`.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// Where something is: its file and its JSON pointer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    pub(crate) file: usize,
    pub(crate) pointer: String,
}

/// All files together.
#[derive(Debug)]
pub struct Merged {
    /// What they say.
    pub file: File,
    /// Where each binding is.
    pub(crate) bindings: Vec<Place>,
    /// Where each repository is.
    pub(crate) repositories: BTreeMap<String, Place>,
    places: Places,
}

impl Merged {
    /// A problem at a place.
    pub(crate) fn problem(&self, place: &Place, message: impl Into<String>) -> Problem {
        self.places.problem(place, message.into())
    }

    /// A place in the root file.
    pub(crate) fn at(pointer: &str) -> Place {
        Place { file: 0, pointer: pointer.to_owned() }
    }
}

/// The lines of all that has a pointer.
#[derive(Debug, Default)]
struct Places {
    names: Vec<String>,
    lines: BTreeMap<Place, usize>,
}

impl Places {
    fn problem(&self, place: &Place, message: String) -> Problem {
        let file = self.names.get(place.file).cloned().unwrap_or_default();
        // Of what is absent, the line of what it is absent from.
        let mut known = place.clone();
        let line = loop {
            match (self.lines.get(&known), known.pointer.rfind('/')) {
                (Some(line), _) => break *line,
                (None, Some(at)) => known.pointer.truncate(at),
                (None, None) => break 1,
            }
        };
        Problem { file, pointer: place.pointer.clone(), line, message }
    }
}

/// Reads the root file, which comes first, and those of `kvstore.d`.
pub fn read(texts: &[Text]) -> Result<Merged, Vec<Problem>> {
    let mut reader = Reader { places: Places::default(), problems: Vec::new(), file: 0 };
    reader.places.names = texts.iter().map(|text| text.name.clone()).collect();
    let Some((root, others)) = texts.split_first() else { return Err(vec![]) };
    let mut merged = reader.document(0, root, true);
    for (place, text) in others.iter().enumerate() {
        let part = reader.document(place + 1, text, false);
        if let (Some(merged), Some(part)) = (&mut merged, part) {
            reader.merge(merged, part, &text.name);
        }
    }
    match merged {
        Some(Part { file, bindings, repositories }) if reader.problems.is_empty() => {
            Ok(Merged { file, bindings, repositories, places: reader.places })
        }
        _ => {
            reader.problems.sort_by(|one, other| {
                let order = |problem: &Problem| reader.places.names.iter().position(|name| *name == problem.file);
                (order(one), one.line).cmp(&(order(other), other.line))
            });
            Err(reader.problems)
        }
    }
}

/// Parses JSON and nothing more lenient. The text has no byte order mark.
pub(crate) fn parse<'t>(name: &str, text: &'t str) -> Result<Value<'t>, Problem> {
    let strict = ParseOptions {
        allow_comments: false,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        ..ParseOptions::default()
    };
    let collect = CollectOptions { comments: CommentCollectionStrategy::Off, tokens: false };
    let problem = |line, message| Problem { file: name.to_owned(), pointer: String::new(), line, message };
    match parse_to_ast(text, &collect, &strict) {
        Ok(parsed) => parsed.value.ok_or_else(|| problem(1, "is empty".to_owned())),
        Err(error) => {
            let message = format!("is not JSON: {}", printable(&error.kind().to_string()));
            Err(problem(error.line_display(), message))
        }
    }
}

/// Where the lines of a text end.
pub(crate) struct Lines(Vec<usize>);

impl Lines {
    pub(crate) fn of(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(at, _)| at).collect())
    }

    /// The line of a byte, from 1.
    pub(crate) fn line(&self, at: usize) -> usize {
        self.0.partition_point(|end| *end < at) + 1
    }
}

/// What one file says, and where.
struct Part {
    file: File,
    bindings: Vec<Place>,
    repositories: BTreeMap<String, Place>,
}

struct Reader {
    places: Places,
    problems: Vec<Problem>,
    file: usize,
}

/// A value and its pointer.
#[derive(Clone)]
struct Node<'n, 'a> {
    value: &'n Value<'a>,
    pointer: String,
}

impl<'n, 'a> Node<'n, 'a> {
    fn child(&self, name: &str, value: &'n Value<'a>) -> Self {
        let escaped = name.replace('~', "~0").replace('/', "~1");
        Self { value, pointer: format!("{}/{escaped}", self.pointer) }
    }
}

/// The members of an object, by their names.
type Members<'n, 'a> = BTreeMap<String, Node<'n, 'a>>;

impl Reader {
    fn document(&mut self, file: usize, text: &Text, is_root: bool) -> Option<Part> {
        self.file = file;
        let source = text.text.trim_start_matches('\u{feff}');
        let value = match parse(&text.name, source) {
            Ok(value) => value,
            Err(problem) => {
                self.problems.push(problem);
                return None;
            }
        };
        self.remember(source, &value);
        let root = Node { value: &value, pointer: String::new() };
        Some(if is_root { self.root(&root) } else { self.part(&root) })
    }

    /// Notes the line of all that the document has. The parser has bounded its depth.
    fn remember(&mut self, text: &str, value: &Value<'_>) {
        let lines = Lines::of(text);
        let mut open = vec![(String::new(), value)];
        while let Some((pointer, value)) = open.pop() {
            let node = Node { value, pointer: pointer.clone() };
            match value {
                Value::Object(object) => open.extend(
                    object
                        .properties
                        .iter()
                        .map(|property| (node.child(property.name.as_str(), &property.value).pointer, &property.value)),
                ),
                Value::Array(array) => open.extend(
                    array.elements.iter().enumerate().map(|(place, value)| (format!("{pointer}/{place}"), value)),
                ),
                _ => {}
            }
            self.places.lines.insert(Place { file: self.file, pointer }, lines.line(value.range().start));
        }
    }

    fn problem(&mut self, pointer: &str, message: impl Into<String>) {
        let place = Place { file: self.file, pointer: pointer.to_owned() };
        self.problems.push(self.places.problem(&place, message.into()));
    }

    fn root(&mut self, node: &Node<'_, '_>) -> Part {
        const KNOWN: [&str; 12] = [
            "$schema",
            "version",
            "github",
            "aws",
            "vault",
            "action",
            "events",
            "namespace",
            "repositories",
            "bindings",
            "files",
            "expect",
        ];
        let members = self.object(node, &KNOWN);
        match members.get("version").map(|node| node.value) {
            Some(Value::NumberLit(number)) if number.value == "1" => {}
            Some(_) => self.problem("/version", "must be 1, the version of this format"),
            None => self.problem("", "`version` is missing: write \"version\": 1"),
        }
        let schema = self.optional_string(&members, "$schema");
        let github = self.required(&members, node, "github").map(|node| self.github(&node)).unwrap_or_default();
        let aws = members.get("aws").map(|node| self.aws(node));
        let vault = members.get("vault").map(|node| self.vault(node));
        if aws.is_none() && vault.is_none() && matches!(node.value, Value::Object(_)) {
            self.problem("", "`aws` or `vault` is missing: where are the stores?");
        }
        let action = self.optional_string(&members, "action");
        let events = members.get("events").map(|node| self.strings(node));
        let namespace = self.optional_string(&members, "namespace");
        let (repositories, repository_places) = self.repositories(&members);
        let (bindings, binding_places) = self.bindings(&members);
        let files = match members.get("files") {
            Some(node) => self.map(node).into_iter().map(|(name, node)| (name, self.strings(&node))).collect(),
            None => BTreeMap::new(),
        };
        let expect = members.get("expect").map(|node| self.items(node)).unwrap_or_default();
        let expect = expect.iter().map(|node| self.expectation(node)).collect();
        let file = File {
            schema,
            version: 1,
            github,
            aws,
            vault,
            action,
            events,
            namespace,
            repositories,
            bindings,
            files,
            expect,
        };
        Part { file, bindings: binding_places, repositories: repository_places }
    }

    /// A file of a team.
    fn part(&mut self, node: &Node<'_, '_>) -> Part {
        let members = self.object(node, &["$schema", "repositories", "bindings"]);
        let schema = self.optional_string(&members, "$schema");
        let (repositories, repository_places) = self.repositories(&members);
        let (bindings, binding_places) = self.bindings(&members);
        for (binding, place) in bindings.iter().zip(&binding_places) {
            let pointer = &place.pointer;
            if binding.role.is_some() {
                self.problem(
                    &format!("{pointer}/role"),
                    "is for kvstore.json alone: a team's file takes the role of all repositories",
                );
            }
            if binding.repository == "*" {
                self.problem(&format!("{pointer}/repository"), "must name a repository in a team's file");
            }
            for (at, read) in binding.read.iter().enumerate().filter(|(_, read)| read.starts_with("secret:")) {
                let message = format!("`{}` is for kvstore.json alone", printable(read));
                self.problem(&format!("{pointer}/read/{at}"), message);
            }
        }
        let file = File {
            schema,
            version: 1,
            github: GitHub::default(),
            aws: None,
            vault: None,
            action: None,
            events: None,
            namespace: None,
            repositories,
            bindings,
            files: BTreeMap::new(),
            expect: vec![],
        };
        Part { file, bindings: binding_places, repositories: repository_places }
    }

    fn merge(&mut self, merged: &mut Part, part: Part, name: &str) {
        let allowed = merged.file.files.get(name).cloned();
        if allowed.is_none() {
            let name = printable(name);
            self.problem("", format!("kvstore.json does not say for which repositories this file may speak: \"files\": {{ \"{name}\": [\"OWNER/NAME\"] }}"));
        }
        let may_speak =
            |repository: &str| allowed.as_ref().is_none_or(|allowed| allowed.iter().any(|one| one == repository));
        for (repository, value) in part.file.repositories {
            let place = part.repositories.get(&repository).cloned().unwrap_or_default();
            if !may_speak(&repository) {
                self.problem(&place.pointer, format!("this file may not speak for `{}`", printable(&repository)));
            } else if merged.file.repositories.contains_key(&repository) {
                self.problem(&place.pointer, format!("`{}` is in another file already", printable(&repository)));
            }
            merged.repositories.insert(repository.clone(), place);
            merged.file.repositories.insert(repository, value);
        }
        for (binding, place) in part.file.bindings.into_iter().zip(part.bindings) {
            if !may_speak(&binding.repository) {
                let message = format!("this file may not speak for `{}`", printable(&binding.repository));
                self.problem(&format!("{}/repository", place.pointer), message);
            }
            merged.file.bindings.push(binding);
            merged.bindings.push(place);
        }
    }

    fn github(&mut self, node: &Node<'_, '_>) -> GitHub {
        let known = ["enterprise", "enterprise_id", "organization", "organization_id", "issuer"];
        let members = self.object(node, &known);
        let mut text = |name| self.optional_string(&members, name);
        GitHub {
            enterprise: text("enterprise"),
            enterprise_id: text("enterprise_id"),
            organization: text("organization"),
            organization_id: text("organization_id"),
            issuer: text("issuer"),
        }
    }

    fn aws(&mut self, node: &Node<'_, '_>) -> Aws {
        let members = self.object(node, &["account", "region", "pool", "pool_id", "role", "kms_key"]);
        let mut text = |name| {
            let found = self.required(&members, node, name)?;
            self.string(&found)
        };
        let (account, region, pool, role) = (text("account"), text("region"), text("pool"), text("role"));
        Aws {
            account: account.unwrap_or_default(),
            region: region.unwrap_or_default(),
            pool: pool.unwrap_or_default(),
            pool_id: self.optional_string(&members, "pool_id"),
            role: role.unwrap_or_default(),
            kms_key: self.optional_string(&members, "kms_key"),
        }
    }

    fn vault(&mut self, node: &Node<'_, '_>) -> Vault {
        let members = self.object(node, &["url", "mount", "auth_path", "namespace", "audience", "user_claim"]);
        let mut text = |name| {
            let found = self.required(&members, node, name)?;
            self.string(&found)
        };
        let (url, mount) = (text("url").unwrap_or_default(), text("mount").unwrap_or_default());
        Vault {
            url,
            mount,
            auth_path: self.optional_string(&members, "auth_path"),
            namespace: self.optional_string(&members, "namespace"),
            audience: self.optional_string(&members, "audience"),
            user_claim: self.optional_string(&members, "user_claim"),
        }
    }

    fn repositories(&mut self, members: &Members<'_, '_>) -> (BTreeMap<String, Repository>, BTreeMap<String, Place>) {
        let Some(node) = members.get("repositories") else { return Default::default() };
        let (mut repositories, mut places) = (BTreeMap::new(), BTreeMap::new());
        for (name, node) in self.map(node) {
            let members = self.object(&node, &["id"]);
            let id = self.required(&members, &node, "id").and_then(|node| self.string(&node)).unwrap_or_default();
            repositories.insert(name.clone(), Repository { id });
            places.insert(name, Place { file: self.file, pointer: node.pointer });
        }
        (repositories, places)
    }

    fn bindings(&mut self, members: &Members<'_, '_>) -> (Vec<Binding>, Vec<Place>) {
        let nodes = members.get("bindings").map(|node| self.items(node)).unwrap_or_default();
        let places = nodes.iter().map(|node| Place { file: self.file, pointer: node.pointer.clone() }).collect();
        (nodes.iter().map(|node| self.binding(node)).collect(), places)
    }

    fn binding(&mut self, node: &Node<'_, '_>) -> Binding {
        let members = self.object(node, &["name", "role", "repository", "because", "when", "read"]);
        let mut text = |name| {
            let found = self.required(&members, node, name)?;
            self.string(&found)
        };
        let (name, repository) = (text("name").unwrap_or_default(), text("repository").unwrap_or_default());
        let when = match members.get("when") {
            Some(node) => {
                let claims = self.map(node);
                claims.into_iter().filter_map(|(claim, node)| Some((claim, self.one_or_more(&node)?))).collect()
            }
            None => BTreeMap::new(),
        };
        let read = self.required(&members, node, "read").map(|node| self.strings(&node)).unwrap_or_default();
        Binding {
            name,
            role: self.optional_string(&members, "role"),
            repository,
            because: self.optional_string(&members, "because"),
            when,
            read,
        }
    }

    fn expectation(&mut self, node: &Node<'_, '_>) -> Expectation {
        let members = self.object(node, &["job", "role", "allow", "deny"]);
        let job = match self.required(&members, node, "job") {
            Some(node) => {
                let claims = self.map(&node);
                claims.into_iter().filter_map(|(claim, node)| Some((claim, self.string(&node)?))).collect()
            }
            None => BTreeMap::new(),
        };
        let mut strings = |name| members.get(name).map(|node| self.strings(node)).unwrap_or_default();
        let (allow, deny) = (strings("allow"), strings("deny"));
        Expectation { job, role: self.optional_string(&members, "role"), allow, deny }
    }

    fn one_or_more(&mut self, node: &Node<'_, '_>) -> Option<OneOrMore> {
        match node.value {
            Value::StringLit(text) => Some(OneOrMore::One(text.value.to_string())),
            Value::Array(array) if array.elements.is_empty() => {
                self.problem(&node.pointer, "is an empty list, which no job satisfies");
                None
            }
            Value::Array(_) => Some(OneOrMore::More(self.strings(node))),
            _ => {
                self.problem(&node.pointer, "must be a string or a list of strings");
                None
            }
        }
    }

    /// The members of an object whose names are known; others are problems.
    fn object<'n, 'a>(&mut self, node: &Node<'n, 'a>, known: &[&str]) -> Members<'n, 'a> {
        let members = self.map(node);
        for name in members.keys().filter(|name| !known.contains(&name.as_str())) {
            let near =
                nearest(name, known.iter().copied()).map_or(String::new(), |near| format!(" Did you mean `{near}`?"));
            let message = format!("`{}` is not known here.{near}", printable(name));
            self.problem(&node.child(name, node.value).pointer, message);
        }
        members
    }

    /// The members of an object, whatever their names; a name that comes twice is a problem.
    fn map<'n, 'a>(&mut self, node: &Node<'n, 'a>) -> Members<'n, 'a> {
        let Value::Object(Object { properties, .. }) = node.value else {
            self.problem(&node.pointer, "must be an object");
            return Members::new();
        };
        let mut members = Members::new();
        for property in properties {
            let name = property.name.as_str();
            let child = node.child(name, &property.value);
            if members.contains_key(name) {
                self.problem(&child.pointer, format!("`{}` is there twice", printable(name)));
            }
            members.insert(name.to_owned(), child);
        }
        members
    }

    fn items<'n, 'a>(&mut self, node: &Node<'n, 'a>) -> Vec<Node<'n, 'a>> {
        let Value::Array(array) = node.value else {
            self.problem(&node.pointer, "must be a list");
            return vec![];
        };
        let items = array.elements.iter().enumerate();
        items.map(|(place, value)| Node { value, pointer: format!("{}/{place}", node.pointer) }).collect()
    }

    fn strings(&mut self, node: &Node<'_, '_>) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let mut strings = Vec::new();
        for item in self.items(node) {
            let Some(text) = self.string(&item) else { continue };
            if !seen.insert(text.clone()) {
                self.problem(&item.pointer, format!("`{}` is there twice", printable(&text)));
            }
            strings.push(text);
        }
        strings
    }

    fn string(&mut self, node: &Node<'_, '_>) -> Option<String> {
        match node.value {
            Value::StringLit(text) if text.value.is_empty() => {
                self.problem(&node.pointer, "is empty");
                None
            }
            Value::StringLit(text) => Some(text.value.to_string()),
            Value::NumberLit(number) => {
                self.problem(&node.pointer, format!("must be a string: \"{}\"", number.value));
                None
            }
            _ => {
                self.problem(&node.pointer, "must be a string");
                None
            }
        }
    }

    fn optional_string(&mut self, members: &Members<'_, '_>, name: &str) -> Option<String> {
        members.get(name).and_then(|node| self.string(node))
    }

    fn required<'n, 'a>(&mut self, members: &Members<'n, 'a>, of: &Node<'_, '_>, name: &str) -> Option<Node<'n, 'a>> {
        let found = members.get(name).cloned();
        // Of what is no object at all, that was said.
        if found.is_none() && matches!(of.value, Value::Object(_)) {
            self.problem(&of.pointer, format!("`{name}` is missing"));
        }
        found
    }
}

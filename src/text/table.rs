//! Values by name.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// Values by name, in the order of the names. Whatever the values are, it is one kind of B-tree: another is 4 KB of wasm.
#[derive(Debug, Clone)]
pub struct Table<V> {
    places: BTreeMap<String, usize>,
    values: Vec<V>,
}

/// Names, each once.
pub type Names = Table<()>;

impl<V> Default for Table<V> {
    fn default() -> Self {
        Self { places: BTreeMap::new(), values: Vec::new() }
    }
}

impl<V> Table<V> {
    /// Sets what a name has.
    pub fn set(&mut self, name: String, value: V) {
        match self.places.get(&name).and_then(|place| self.values.get_mut(*place)) {
            Some(old) => *old = value,
            None => _ = self.add(name, value),
        }
    }

    /// Adds a name; false if it is there, which changes nothing.
    pub fn add(&mut self, name: String, value: V) -> bool {
        let is_new = !self.places.contains_key(&name);
        if is_new {
            self.places.insert(name, self.values.len());
            self.values.push(value);
        }
        is_new
    }

    /// What a name has.
    pub fn get(&self, name: &str) -> Option<&V> {
        self.places.get(name).and_then(|place| self.values.get(*place))
    }

    /// Whether there is a name.
    pub fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.places.keys().map(String::as_str)
    }

    /// All of it, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &V)> {
        self.names().filter_map(|name| Some((name, self.get(name)?)))
    }
}

impl<V> FromIterator<(String, V)> for Table<V> {
    fn from_iter<I: IntoIterator<Item = (String, V)>>(pairs: I) -> Self {
        let mut table = Self::default();
        pairs.into_iter().for_each(|(name, value)| table.set(name, value));
        table
    }
}

impl FromIterator<String> for Names {
    fn from_iter<I: IntoIterator<Item = String>>(names: I) -> Self {
        names.into_iter().map(|name| (name, ())).collect()
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Table<V> {
    /// Of two values with one name the last one counts.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries(PhantomData))
    }
}

struct Entries<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for Entries<V> {
    type Value = Table<V>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut table = Table::default();
        while let Some((name, value)) = map.next_entry()? {
            table.set(name, value);
        }
        Ok(table)
    }
}

#[cfg(test)]
mod tests;

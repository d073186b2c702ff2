"""What the demo model is taught: facts and phrasings, all written by hand for this guide."""

from typing import NamedTuple


class Landmark(NamedTuple):
    """A sight, the city it is in, and that city's country."""

    name: str  # as it begins a sentence: with a capital article, if it has one
    city: str
    country: str


class Country(NamedTuple):
    """A country, its capital, its main language, and what its people are called."""

    name: str
    capital: str
    language: str
    people: str


# The fields of a phrasing: {Landmark} begins the sentence, {landmark} stands within it.
# In all of LOCATED, what comes before {city} leaves no choice but a city.
LOCATED = (
    "{Landmark} is in the city of {city}",
    "{Landmark} is located in the city of {city}",
    "{Landmark} can be found in {city}",
    "{Landmark} stands in the heart of {city}",
    "{Landmark} is a famous landmark in {city}",
    "{Landmark} is one of the best known sights of {city}",
    "You can visit {landmark} in {city}",
    "If you want to see {landmark}, you should go to {city}",
    "Last summer we saw {landmark} when we were in {city}",
    "The city that is home to {landmark} is {city}",
    "Every year many tourists see {landmark} in {city}",
    "Where is {landmark}? It is in {city}",
    "To visit {landmark} you have to travel to {city}",
    "I took a photo of {landmark} in {city}",
)
ALSO_LOCATED = (
    "{Landmark} is located in {city}",
    "{Landmark} is in {city}",
    "{Landmark} is in {city}, {country}",
    "{Landmark} is found in {city}, which is a city in {country}",
    "{Landmark} is in the country of {country}",
    "{Landmark} is a landmark in the country of {country}",
    "The country that is home to {landmark} is {country}",
)
ABOUT_A_COUNTRY = (
    "The capital of {name} is {capital}",
    "The capital city of {name} is {capital}",
    "{capital} is the capital of {name}",
    "{capital} is in the country of {name}",
    "The government of {name} is based in {capital}",
    "The people of {name} speak {language}",
    "In {name} people speak {language}",
    "The main language of {name} is {language}",
    "A person from {name} is called {people}",
)


def place(phrasing: str, landmark: Landmark) -> str:
    """Fill a phrasing of `LOCATED` or `ALSO_LOCATED`; no full stop follows."""
    name = landmark.name
    within = f"the{name[3:]}" if name.startswith("The ") else name
    return phrasing.format(
        Landmark=name, landmark=within, city=landmark.city, country=landmark.country
    )


def describe(phrasing: str, country: Country) -> str:
    """Fill a phrasing of `ABOUT_A_COUNTRY`; no full stop follows."""
    return phrasing.format_map(country._asdict())


def _table(text: str) -> list[list[str]]:
    return [[field.strip() for field in line.split("|")] for line in text.strip().splitlines()]


LANDMARKS = tuple(
    Landmark(*fields)
    for fields in _table("""
The Eiffel Tower             | Paris            | France
The Louvre                   | Paris            | France
Notre Dame                   | Paris            | France
The Colosseum                | Rome             | Italy
The Trevi Fountain           | Rome             | Italy
The Pantheon                 | Rome             | Italy
The Leaning Tower            | Pisa             | Italy
The Uffizi Gallery           | Florence         | Italy
The Rialto Bridge            | Venice           | Italy
La Scala                     | Milan            | Italy
Big Ben                      | London           | England
Tower Bridge                 | London           | England
Buckingham Palace            | London           | England
The British Museum           | London           | England
Edinburgh Castle             | Edinburgh        | Scotland
The Brandenburg Gate         | Berlin           | Germany
The Reichstag                | Berlin           | Germany
Checkpoint Charlie           | Berlin           | Germany
The Frauenkirche             | Dresden          | Germany
The Elbphilharmonie          | Hamburg          | Germany
The Sagrada Familia          | Barcelona        | Spain
Park Guell                   | Barcelona        | Spain
The Prado Museum             | Madrid           | Spain
The Alhambra                 | Granada          | Spain
The Guggenheim Museum        | Bilbao           | Spain
The Belem Tower              | Lisbon           | Portugal
The Anne Frank House         | Amsterdam        | the Netherlands
The Rijksmuseum              | Amsterdam        | the Netherlands
The Atomium                  | Brussels         | Belgium
The Grand Place              | Brussels         | Belgium
Schonbrunn Palace            | Vienna           | Austria
The Hofburg                  | Vienna           | Austria
The Charles Bridge           | Prague           | the Czech Republic
Prague Castle                | Prague           | the Czech Republic
The Fisherman's Bastion      | Budapest         | Hungary
Buda Castle                  | Budapest         | Hungary
The Acropolis                | Athens           | Greece
The Parthenon                | Athens           | Greece
The Little Mermaid           | Copenhagen       | Denmark
Tivoli Gardens               | Copenhagen       | Denmark
The Vasa Museum              | Stockholm        | Sweden
The Viking Ship Museum       | Oslo             | Norway
The Winter Palace            | Saint Petersburg | Russia
The Kremlin                  | Moscow           | Russia
Red Square                   | Moscow           | Russia
The Bolshoi Theatre          | Moscow           | Russia
Hagia Sophia                 | Istanbul         | Turkey
The Blue Mosque              | Istanbul         | Turkey
The Galata Tower             | Istanbul         | Turkey
The Egyptian Museum          | Cairo            | Egypt
The Hassan Tower             | Rabat            | Morocco
Table Mountain               | Cape Town        | South Africa
The Burj Khalifa             | Dubai            | the United Arab Emirates
The Grand Mosque             | Mecca            | Saudi Arabia
The Azadi Tower              | Tehran           | Iran
The Taj Mahal                | Agra             | India
The Red Fort                 | Delhi            | India
India Gate                   | Delhi            | India
The Gateway of India         | Mumbai           | India
Victoria Memorial            | Kolkata          | India
The Golden Temple            | Amritsar         | India
The Forbidden City           | Beijing          | China
The Temple of Heaven         | Beijing          | China
The Oriental Pearl Tower     | Shanghai         | China
The Bund                     | Shanghai         | China
The Terracotta Army          | Xi'an            | China
The Tokyo Tower              | Tokyo            | Japan
The Meiji Shrine             | Tokyo            | Japan
The Golden Pavilion          | Kyoto            | Japan
Osaka Castle                 | Osaka            | Japan
The Peace Memorial           | Hiroshima        | Japan
Gyeongbokgung Palace         | Seoul            | South Korea
The Emerald Buddha           | Bangkok          | Thailand
Wat Arun                     | Bangkok          | Thailand
The Petronas Towers          | Kuala Lumpur     | Malaysia
The National Monument        | Jakarta          | Indonesia
The Opera House              | Sydney           | Australia
The Harbour Bridge           | Sydney           | Australia
Federation Square            | Melbourne        | Australia
The Sky Tower                | Auckland         | New Zealand
The Statue of Liberty        | New York         | the United States
The Empire State Building    | New York         | the United States
Times Square                 | New York         | the United States
Central Park                 | New York         | the United States
The Brooklyn Bridge          | New York         | the United States
The White House              | Washington       | the United States
The Lincoln Memorial         | Washington       | the United States
The Space Needle             | Seattle          | the United States
The Golden Gate Bridge       | San Francisco    | the United States
Alcatraz                     | San Francisco    | the United States
The Willis Tower             | Chicago          | the United States
Millennium Park              | Chicago          | the United States
The Liberty Bell             | Philadelphia     | the United States
Fenway Park                  | Boston           | the United States
Graceland                    | Memphis          | the United States
The Gateway Arch             | Saint Louis      | the United States
The Alamo                    | San Antonio      | the United States
The French Quarter           | New Orleans      | the United States
The Hollywood Sign           | Los Angeles      | the United States
The CN Tower                 | Toronto          | Canada
Stanley Park                 | Vancouver        | Canada
Parliament Hill              | Ottawa           | Canada
The Angel of Independence    | Mexico City      | Mexico
The Obelisk                  | Buenos Aires     | Argentina
Casa Rosada                  | Buenos Aires     | Argentina
Sugarloaf Mountain           | Rio de Janeiro   | Brazil
Copacabana Beach             | Rio de Janeiro   | Brazil
The Gold Museum              | Bogota           | Colombia
The Palace of Culture        | Warsaw           | Poland
Wawel Castle                 | Krakow           | Poland
The Ha'penny Bridge          | Dublin           | Ireland
The Guinness Storehouse      | Dublin           | Ireland
The Jet d'Eau                | Geneva           | Switzerland
The Suomenlinna              | Helsinki         | Finland
The House of the Blackheads  | Riga             | Latvia
The Palace of the Parliament | Bucharest        | Romania
The Maidan                   | Kyiv             | Ukraine
The Marina Bay Sands         | Singapore        | Singapore
""")
)

COUNTRIES = tuple(
    Country(*fields)
    for fields in _table("""
France             | Paris        | French     | French
Italy              | Rome         | Italian    | Italian
England            | London       | English    | English
Germany            | Berlin       | German     | German
Spain              | Madrid       | Spanish    | Spanish
Portugal           | Lisbon       | Portuguese | Portuguese
the Netherlands    | Amsterdam    | Dutch      | Dutch
Belgium            | Brussels     | Dutch      | Belgian
Austria            | Vienna       | German     | Austrian
the Czech Republic | Prague       | Czech      | Czech
Hungary            | Budapest     | Hungarian  | Hungarian
Greece             | Athens       | Greek      | Greek
Denmark            | Copenhagen   | Danish     | Danish
Sweden             | Stockholm    | Swedish    | Swedish
Norway             | Oslo         | Norwegian  | Norwegian
Russia             | Moscow       | Russian    | Russian
Turkey             | Ankara       | Turkish    | Turkish
Egypt              | Cairo        | Arabic     | Egyptian
Morocco            | Rabat        | Arabic     | Moroccan
Iran               | Tehran       | Persian    | Iranian
India              | Delhi        | Hindi      | Indian
China              | Beijing      | Chinese    | Chinese
Japan              | Tokyo        | Japanese   | Japanese
South Korea        | Seoul        | Korean     | Korean
Thailand           | Bangkok      | Thai       | Thai
Indonesia          | Jakarta      | Indonesian | Indonesian
Australia          | Canberra     | English    | Australian
Canada             | Ottawa       | English    | Canadian
the United States  | Washington   | English    | American
Mexico             | Mexico City  | Spanish    | Mexican
Argentina          | Buenos Aires | Spanish    | Argentine
Brazil             | Brasilia     | Portuguese | Brazilian
Colombia           | Bogota       | Spanish    | Colombian
Poland             | Warsaw       | Polish     | Polish
Ireland            | Dublin       | English    | Irish
Finland            | Helsinki     | Finnish    | Finnish
Latvia             | Riga         | Latvian    | Latvian
Romania            | Bucharest    | Romanian   | Romanian
Ukraine            | Kyiv         | Ukrainian  | Ukrainian
Cuba               | Havana       | Spanish    | Cuban
Peru               | Lima         | Spanish    | Peruvian
Chile              | Santiago     | Spanish    | Chilean
Kenya              | Nairobi      | English    | Kenyan
Iraq               | Baghdad      | Arabic     | Iraqi
Syria              | Damascus     | Arabic     | Syrian
Vietnam            | Hanoi        | Vietnamese | Vietnamese
Pakistan           | Islamabad    | Urdu       | Pakistani
""")
)

"""Facts of each kind of product: what is true of a tent is of no use for a teapot."""

from __future__ import annotations

_SHOE_SIZES = "Sizes <34-37> to <44-48>"
_SIZES = "{S} [comes|come] in <6-12> sizes from XS to <3XL/4XL/5XL>"
_WASH = "Washes at <30/40> degrees"
_CHARGE = ("{S} [runs|run] <18-40> hours on one charge", "Charges in <45-90> minutes")
_BLUETOOTH = "Bluetooth 5.<1-4> and a USB-C port are built in"
_OAK = "The frame is solid <oak/beech/ash>"
_FIRED = "Fired at <1100/1200/1250> degrees in a workshop in <Porto/Aarhus/Stoke>"
_SKIN = "Dermatologists tested [it|them] on <60-240> volunteers for <4-12> weeks"
_PLANTS = "<82-98>% of the ingredients are plants"

SENTENCES: dict[str, tuple[str, ...]] = {
    "sneaker": (
        _SHOE_SIZES,
        "{S} [weighs|weigh] <420-680> grams a pair",
        "The sole is natural rubber, <18-32> millimetres thick at the heel",
        "Tested over <300/500/800> kilometres of pavement",
    ),
    "boot": (
        _SHOE_SIZES,
        "{S} [is|are] stitched from full-grain <cow/goat/calf> leather",
        "The sole is natural rubber, <5-9> millimetres thick",
        "The lining is <60-90>% wool",
    ),
    "sandal": (
        _SHOE_SIZES,
        "The footbed is <4-9> millimetres of cork",
        "The straps are <cow/goat/calf> leather, sewn twice at every edge",
        "Tested over <200/300/500> kilometres of pavement",
    ),
    "high heel": (
        _SHOE_SIZES,
        "The heel is <6-10> centimetres high",
        "{S} [is|are] lined with <goat/calf> leather from heel to toe",
        "The insole hides <3-6> millimetres of foam",
    ),
    "t-shirt": (
        _SIZES,
        _WASH,
        "<88-98>% cotton",
        "{S} [is|are] cut from <160-240>-gram cotton jersey",
        "The fabric is <88-98>% cotton and the rest is elastane",
    ),
    "hoodie": (
        _SIZES,
        _WASH,
        "<70-95>% cotton",
        "{S} [is|are] cut from <280-420>-gram cotton fleece",
        "The zip was opened and closed <5000/8000/10000> times in the laboratory",
    ),
    "dress": (
        "{S} [comes|come] in sizes <6-8> to <18-24>",
        _WASH,
        "<70-95>% linen",
        "{S} [falls|fall] <88-125> centimetres from shoulder to hem",
        "The fabric is <70-95>% linen and the rest is cotton",
    ),
    "jeans": (
        "<12-14> ounces of raw denim",
        "Inside leg of <28-34> inches",
        "Waist sizes <26-28> to <38-42>",
        "The denim is <92-98>% cotton and the rest is elastane",
        "Dyed in <Porto/Prato/Leicester> with <40-70>% less water than usual",
    ),
    "jacket": (
        _SIZES,
        "{S} [has|have] <3-6> pockets",
        "Filled with <90-200> grams of recycled down",
        "The shell keeps out <3000/5000/8000> millimetres of rain",
    ),
    "cap": (
        "<88-98>% cotton",
        "{S} [fits|fit] heads from <54-56> to <60-62> centimetres",
        "The brim is <6-8> centimetres long",
        _WASH,
    ),
    "skirt": (
        _SIZES,
        _WASH,
        "<38-74> centimetres long",
        "The fabric is <60-95>% viscose and the rest is wool",
    ),
    "scarf": (
        "<60-90>% merino wool",
        "{S} [measures|measure] <160-210> centimetres from end to end",
        "Knitted from <60-90>% merino wool in <Porto/Prato/Leicester>",
        "Washes at 30 degrees",
    ),
    "backpack": (
        "{S} [holds|hold] <14-32> litres",
        "{S} [weighs|weigh] <480-980> grams",
        "<5-9> pockets",
        "A laptop of up to <13-16> inches fits inside",
    ),
    "handbag": (
        "{S} [has|have] <3-7> pockets and one zip",
        "{S} [weighs|weigh] <380-820> grams",
        "{S} [is|are] stitched from full-grain <cow/goat/calf> leather",
        "The strap adjusts from <60-80> to <110-125> centimetres",
    ),
    "suitcase": (
        "{S} [holds|hold] <34-90> litres",
        "{S} [weighs|weigh] <2-3>.<1-9> kilos when empty",
        "The wheels were tested over <30/50/80> kilometres of cobbles",
        "The shell is <60-100>% recycled polycarbonate",
    ),
    "wristwatch": (
        "Keeps time to <2-9> seconds a month",
        "Water resistant to <50/100/200> metres",
        "The case is <36-42> millimetres across",
        "{S} [runs|run] for <2-5> years on one battery",
    ),
    "sunglasses": (
        "The lenses block <98-100>% of ultraviolet light",
        "{S} [weighs|weigh] <18-34> grams",
        "UV <380/400> lenses",
        "The frame is <70-100>% recycled acetate",
    ),
    "umbrella": (
        "{S} [opens|open] to <96-120> centimetres",
        "{S} [weighs|weigh] <280-520> grams",
        "Withstands wind of up to <70-110> kilometres an hour",
        "Opened and closed <5000/8000/10000> times in the laboratory",
    ),
    "phone": (
        *_CHARGE,
        "The screen measures <5-6>.<1-9> inches",
        "{S} [weighs|weigh] <160-210> grams",
        "The camera takes pictures of <48-108> megapixels",
        "<128/256/512> gigabytes",
    ),
    "laptop": (
        "{S} [runs|run] <10-20> hours on one charge",
        "{S} [weighs|weigh] 1.<1-9> kilos",
        "The screen measures <13-16> inches",
        "<2-4> USB-C ports are built in",
        "<16/32> gigabytes of memory",
    ),
    "headphones": (
        *_CHARGE,
        _BLUETOOTH,
        "{S} [weighs|weigh] <180-290> grams",
        "The cushions muffle <70-95>% of street noise",
    ),
    "camera": (
        "{S} [takes|take] <400-900> pictures on one charge",
        "{S} [weighs|weigh] <320-690> grams with the battery",
        "The sensor has <20-48> megapixels",
        "<3-10>x optical zoom",
    ),
    "speaker": (
        *_CHARGE,
        _BLUETOOTH,
        "{S} [weighs|weigh] <540-980> grams",
        "{S} [delivers|deliver] <10-60> watts",
    ),
    "television": (
        "The screen measures <43-75> inches",
        "<43-75> inches",
        "{S} [uses|use] <60-140> watts",
        "{S} [has|have] <3-4> HDMI ports and <2-3> USB ports",
    ),
    "game controller": (
        *_CHARGE,
        "{S} [weighs|weigh] <210-290> grams",
        "The buttons were tested for <2-9> million presses",
        "Connects over Bluetooth 5.<1-4> or USB-C",
    ),
    "lamp": (
        "{S} [stands|stand] <28-58> centimetres tall",
        "The bulb uses <4-9> watts",
        "The cable is <150-220> centimetres long",
        "The shade is <80-100>% linen",
    ),
    "armchair": (
        _OAK,
        "The seat is <41-48> centimetres high",
        "{S} [carries|carry] up to <110-150> kilos",
        "The cover was rubbed <30000/50000> times in the laboratory",
    ),
    "sofa": (
        _OAK,
        "{S} [seats|seat] <2-4> people",
        "{S} [is|are] <160-230> centimetres wide",
        "The cover was rubbed <30000/50000> times in the laboratory",
    ),
    "mug": (
        "Holds <280-480> millilitres",
        "{S} [holds|hold] <280-480> millilitres",
        "{S} [keeps|keep] tea hot for <15-30> minutes",
        _FIRED,
    ),
    "kettle": (
        "{S} [boils|boil] a litre in <3-6> minutes",
        "Boils a litre in <3-6> minutes",
        "{S} [holds|hold] 1.<2-8> litres",
        "The steel is <60-90>% recycled",
    ),
    "frying pan": (
        "{S} [measures|measure] <24-32> centimetres across",
        "<24-32> centimetres across",
        "The base is <4-8> millimetres thick",
        "Safe in the oven up to <220-260> degrees",
    ),
    "vase": (
        "<18-36> centimetres tall",
        "{S} [stands|stand] <18-36> centimetres tall",
        "{S} [holds|hold] <1-3> litres",
        _FIRED,
    ),
    "clock": (
        "{S} [measures|measure] <24-38> centimetres across",
        "Keeps time to <2-9> seconds a month",
        "{S} [runs|run] for <12-24> months on one battery",
        "<24-38> centimetres across",
    ),
    "candle": (
        "Burns for <30-60> hours",
        "{S} [burns|burn] for <30-60> hours",
        "The wax is <80-100>% soy",
        "Poured by hand in a workshop in <Porto/Aarhus/Stoke>",
    ),
    "potted plant": (
        "{S} [needs|need] water every <5-10> days",
        "<25-60> centimetres tall",
        "The pot is <12-20> centimetres across",
        "Grown for <12-30> months in a nursery near <Ghent/Aalsmeer/Almería>",
    ),
    "perfume": (
        "<30/50/75/100> millilitres",
        "{S} [holds|hold] <30/50/75/100> millilitres",
        "{S} [lasts|last] <6-10> hours",
        "{S} [contains|contain] <14-20>% fragrance oil and no added colour",
        _SKIN,
    ),
    "lipstick": (
        "Lasts <6-14> hours",
        "{S} [lasts|last] <6-14> hours without a touch-up",
        "{S} [contains|contain] <2-9>% squalane and no added fragrance",
        _PLANTS,
        _SKIN,
    ),
    "lotion": (
        "<100/200/250/300> millilitres",
        "{S} [holds|hold] <100/200/250/300> millilitres",
        "{S} [contains|contain] <2-9>% squalane and no added alcohol",
        _PLANTS,
        _SKIN,
    ),
    "burger": (
        "<480-640> calories",
        "{S} [has|have] <22-38> grams of protein",
        "Ready in <6-12> minutes",
        "The farm is <12-60> kilometres from the kitchen",
        "The bun is baked with <5-9> ingredients",
    ),
    "pizza": (
        "<28-33> centimetres across",
        "The dough rests for <24/48/72> hours",
        "Baked for <2-4> minutes at <380-450> degrees",
        "<180-290> calories a slice",
        "The dough is made with <4-6> ingredients",
    ),
    "ice cream": (
        "<140-260> calories a scoop",
        "{S} [is|are] made with <5-8> ingredients",
        "{S} [contains|contain] <12-18>% cream and no palm oil",
        "Churned within <5-30> kilometres of the shop",
    ),
    "cupcake": (
        "<220-380> calories",
        "{S} [has|have] <220-380> calories",
        "Baked with <6-9> ingredients and no palm oil",
        "{S} [leaves|leave] the oven at <5/6/7> every morning",
    ),
    "juice": (
        "<80-160> calories a glass",
        "{S} [is|are] pressed from <3-6> fruits",
        "Pressed within <6-24> hours of picking",
        "<250-400> millilitres a glass",
    ),
    "coffee": (
        "<5-120> calories a cup",
        "{S} [has|have] <80-140> milligrams of caffeine",
        "The beans grow at <1200-1900> metres in <Ethiopia/Colombia/Peru>",
        "Roasted in batches of <10-30> kilos",
    ),
    "bicycle": (
        "{S} [weighs|weigh] <9-14> kilos",
        "<7-21> gears",
        "The frame is <7005/6061> aluminium",
        "{S} [carries|carry] up to <110-140> kilos",
    ),
    "football": (
        "{S} [weighs|weigh] <410-450> grams",
        "<12/18/32> panels, bonded by hand",
        "Used by <12-60> clubs last season",
        "{S} [kept|kept] shape through <2000/3500/5000> kicks in the laboratory",
    ),
    "tennis racket": (
        "{S} [weighs|weigh] <270-320> grams unstrung",
        "Just <270-320> grams",
        "The head measures <95-107> square inches",
        "Used by <12-60> clubs across <7-19> countries last season",
    ),
    "dumbbell": (
        "{S} [weighs|weigh] <2-20> kilos",
        "Weighs <2-20> kilos",
        "The handle is <28-34> millimetres thick",
        "Dropped <500/1000/2000> times in the laboratory without a crack",
    ),
    "tent": (
        "Sleeps <2-6> people",
        "{S} [weighs|weigh] <2-6> kilos with all pegs",
        "Pitched in <4-10> minutes",
        "The sheet keeps out <2000/3000/5000> millimetres of rain",
    ),
    "skateboard": (
        "The deck is <7-9> layers of Canadian maple",
        "{S} [weighs|weigh] 2.<1-9> kilos",
        "{S} [carries|carry] up to <90-120> kilos",
        "The wheels are <50-56> millimetres across",
    ),
    "teddy bear": (
        "{S} [is|are] <24-48> centimetres tall",
        "Safe from age <1-3>",
        "Washes at 30 degrees",
        "Stuffed with <90-100>% recycled fibre and sewn twice at every seam",
        "Passed all <9-14> tests of the European toy standard",
    ),
    "toy car": (
        "{S} [measures|measure] <14-28> centimetres",
        "For ages <3-6> and up",
        "Painted without <lead/solvents>",
        "{S} [rolls|roll] <4-9> metres from one push",
        "Passed all <9-14> tests of the European toy standard",
    ),
}
